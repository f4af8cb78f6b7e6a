// Follows fenced code through Markdown, line by line.

export interface Fence {
  /** The characters that opened it, such as "```" or "~~~~". */
  readonly run: string;
  /** What follows them: first the language. */
  readonly info: string;
  /** How far from the start of the line it stands. */
  readonly indent: number;
  /** Whether it stands in a list or a quotation. */
  readonly nested: boolean;
  /** Whether an item of a list begins before it in its line. */
  readonly inList: boolean;
  /** Whether it holds Markdown, whose own fences end before it does. */
  readonly holdsMarkdown: boolean;
}

/** The fences that a line stands in, outermost first. */
export type OpenFences = readonly Fence[];

/** Each alternative before the fence begins with another character, so nothing is read twice. */
const fenceLine = /^((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})([^\n]*)$/;

/** Nobody writes a longer one, and a line may be as long as an answer. */
const longestFenceLine = 500;

/** The fences that are open after a line, which comes without its line break. */
export function followFences(open: OpenFences, line: string): OpenFences {
  const fence = readFence(line);
  if (!fence) return open;
  const inner = open.at(-1);
  if (!inner) return [fence];
  if (!fence.run.startsWith(inner.run)) return open;
  // CommonMark gives Markdown in a fence no fences of its own. Models write them, with a language or set in from the edge.
  const opensInner = inner.holdsMarkdown && (fence.info !== "" || fence.indent >= inner.indent + 2);
  if (opensInner) return [...open, fence];
  return fence.info === "" && (inner.nested ? !fence.inList : !fence.nested) ? open.slice(0, -1) : open;
}

function readFence(line: string): Fence | undefined {
  const [, prefix = "", run = "", rest = ""] = fenceLine.exec(line.slice(0, longestFenceLine)) ?? [];
  // What follows backticks on a line of prose makes them inline code.
  if (run === "" || (run.startsWith("`") && rest.includes("`"))) return undefined;
  const info = rest.trim();
  return {
    run,
    info,
    indent: prefix.length,
    nested: !/^ {0,3}$/.test(prefix),
    inList: !/^[ \t>]*$/.test(prefix),
    holdsMarkdown: /^(?:md|markdown)\b/i.test(info),
  };
}
