// Follows fenced code through Markdown, line by line.

export interface Fence {
  /** The characters that opened it, such as "```" or "~~~~". */
  readonly run: string;
  /** Whether it holds Markdown, whose own fences end before it does. */
  readonly holdsMarkdown: boolean;
}

/** The fences that a line stands in, outermost first. */
export type OpenFences = readonly Fence[];

/** A fence may stand in a list or a quotation. Each alternative begins with another character, so nothing is read twice. */
const fenceLine = /^(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}|~{3,})([^\n]*)$/;

/** Nobody writes a longer one, and a line may be as long as an answer. */
const longestFenceLine = 500;

/** The fences that are open after a line, which comes without its line break. */
export function followFences(open: OpenFences, line: string): OpenFences {
  const [, run = "", info = ""] = fenceLine.exec(line.slice(0, longestFenceLine)) ?? [];
  // What follows backticks on a line of prose makes them inline code.
  if (run === "" || (run.startsWith("`") && info.includes("`"))) return open;
  const language = info.trim();
  const inner = open.at(-1);
  if (!inner) return [newFence(run, language)];
  if (!run.startsWith(inner.run)) return open;
  if (language === "") return open.slice(0, -1);
  // CommonMark gives Markdown in a fence no fences of its own. Models write them, and always with a language.
  return inner.holdsMarkdown ? [...open, newFence(run, language)] : open;
}

function newFence(run: string, language: string): Fence {
  return { run, holdsMarkdown: /^(?:md|markdown)\b/i.test(language) };
}
