// The paragraphs of reStructuredText. Directives, comments, targets, literal blocks, tables and doctests are none; what
// stands in an admonition is prose.

import { Cutter } from "./cutDocument.ts";
import { indentOf, type Line } from "./lines.ts";

const admonition =
  /^\.\. (?:note|warning|tip|important|hint|caution|danger|error|attention|seealso|admonition|topic|sidebar|epigraph|versionadded|versionchanged|deprecated|container|only)::/;

interface RstState {
  /** Lines that are indented by more than this are kept. */
  readonly keptBeyond: number;
  readonly inTable: boolean;
  /** Where a further line of the open paragraph begins. */
  readonly expected: number;
}

export class RstCutter extends Cutter {
  state: RstState = { keptBeyond: Infinity, inTable: false, expected: 0 };

  #set(change: Partial<RstState>): void {
    this.state = { ...this.state, ...change };
  }

  read(lines: readonly Line[], i: number): number {
    const line = lines[i];
    const { collector } = this;
    const rest = line?.text.trim() ?? "";
    if (!line || rest === "") {
      collector.close();
      this.#set({ inTable: false });
      return 1;
    }
    const column = indentOf(line.text);
    if (column > this.state.keptBeyond) return 1;
    this.#set({ keptBeyond: Infinity });
    const title = collector.isOpen || this.state.inTable ? undefined : titleAt(lines, i);
    if (title && !isTableLine(rest)) {
      collector.open(title.line, 0, "");
      collector.close(
        "heading",
        title.rules.map((rule) => ({ start: rule.start, end: rule.start + rule.text.trimEnd().length })),
      );
      return 1 + title.rules.length;
    }
    this.#readText(line, rest, lines[i + 1]);
    const announcesLiteral = rest.endsWith("::") && !rest.startsWith(".. ");
    if (announcesLiteral && (lines[i + 1]?.text.trim() ?? "") === "") this.#set({ keptBeyond: column });
    return 1;
  }

  #readText(line: Line, rest: string, next: Line | undefined): void {
    const column = indentOf(line.text);
    const { collector, state } = this;
    if (state.inTable || isTableLine(rest)) {
      collector.close();
      this.#set({ inTable: true });
    } else if (/^(?:\.\.|__)(?: |$)/.test(rest)) {
      collector.close();
      if (!admonition.test(rest)) this.#set({ keptBeyond: column });
    } else if (isRule(rest)) collector.close();
    else {
      const { length } = marker.exec(rest)?.[0] ?? "";
      if (length === 0 && collector.isOpen && column === state.expected) collector.add(line, column);
      else collector.open(line, column + length, line.text.slice(0, column) + " ".repeat(length));
      // Fields and items go on where their text is indented, by however much.
      this.#set({ expected: length > 0 ? (nextColumn(next, column) ?? column + length) : column });
    }
  }
}

/** What an item of a list, a line of verse, or a field begins with. */
const marker = /^(?:(?:[-*+•|]|#\.|\(?(?:\d{1,9}|[A-Za-z])[.)])[ \t]+|:[A-Za-z][^:`]*:[ \t]+)/;

/** The column of a line that is indented by more than the one before. */
function nextColumn(line: Line | undefined, column: number): number | undefined {
  if (!line || line.text.trim() === "") return undefined;
  const next = indentOf(line.text);
  return next > column ? next : undefined;
}

function isTableLine(rest: string): boolean {
  return /^\+[-=+]+\+$|^=+(?: +=+)+$|^>>>(?: |$)/.test(rest);
}

/** One sign, again and again. */
function isRule(line: string): boolean {
  const rule = line.trimEnd();
  return rule.length >= 2 && /^[!-/:-@[-`{-~]/.test(rule) && rule.replaceAll(rule.charAt(0), "") === "";
}

/** A title begins at a line: with the rule above it, or with its text, which has a rule below. */
function titleAt(
  lines: readonly Line[],
  i: number,
): { readonly line: Line; readonly rules: readonly Line[] } | undefined {
  const [first, second, third] = lines.slice(i, i + 3);
  if (!first || !second || first.text.trim() === "") return undefined;
  if (isRule(first.text)) {
    const isWhole = third && second.text.trim() !== "" && third.text.trimEnd() === first.text.trimEnd();
    return isWhole ? { line: second, rules: [first, third] } : undefined;
  }
  const isTitle = isRule(second.text) && second.text.trimEnd().length >= Math.min(4, first.text.trimEnd().length);
  return isTitle && indentOf(first.text) === 0 ? { line: first, rules: [second] } : undefined;
}
