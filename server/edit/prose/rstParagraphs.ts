// The paragraphs of reStructuredText. Directives, comments, targets, literal blocks, tables and doctests are none; what
// stands in an admonition is prose.

import { indentOf, type Line, linesOf } from "./lines.ts";
import { type Paragraph, ParagraphCollector } from "./paragraphs.ts";

const admonition =
  /^\.\. (?:note|warning|tip|important|hint|caution|danger|error|attention|seealso|admonition|topic|sidebar|epigraph|versionadded|versionchanged|deprecated|container|only)::/;

export function cutRst(text: string): Paragraph[] {
  const lines = linesOf(text);
  const cutter = new RstCutter(text);
  for (let i = 0; i < lines.length;) i += cutter.read(lines, i);
  return cutter.end();
}

/** Reads reStructuredText line by line. */
class RstCutter {
  readonly #collector: ParagraphCollector;
  /** Lines that are indented by more than this are kept. */
  #keptBeyond = Infinity;
  #inTable = false;
  /** Where a further line of the open paragraph begins. */
  #expected = 0;

  constructor(text: string) {
    this.#collector = new ParagraphCollector(text);
  }

  end(): Paragraph[] {
    this.#collector.close();
    return this.#collector.paragraphs;
  }

  /** @returns how many lines were read */
  read(lines: readonly Line[], i: number): number {
    const line = lines[i];
    const collector = this.#collector;
    const rest = line?.text.trim() ?? "";
    if (!line || rest === "") {
      collector.close();
      this.#inTable = false;
      return 1;
    }
    const column = indentOf(line.text);
    if (column > this.#keptBeyond) return 1;
    this.#keptBeyond = Infinity;
    const title = collector.isOpen || this.#inTable ? undefined : titleAt(lines, i);
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
    if (announcesLiteral && (lines[i + 1]?.text.trim() ?? "") === "") this.#keptBeyond = column;
    return 1;
  }

  #readText(line: Line, rest: string, next: Line | undefined): void {
    const column = indentOf(line.text);
    const collector = this.#collector;
    if (this.#inTable || isTableLine(rest)) {
      collector.close();
      this.#inTable = true;
    } else if (/^(?:\.\.|__)(?: |$)/.test(rest)) {
      collector.close();
      if (!admonition.test(rest)) this.#keptBeyond = column;
    } else if (isRule(rest)) collector.close();
    else {
      const { length } = marker.exec(rest)?.[0] ?? "";
      if (length === 0 && collector.isOpen && column === this.#expected) collector.add(line, column);
      else collector.open(line, column + length, line.text.slice(0, column) + " ".repeat(length));
      // Fields and items go on where their text is indented, by however much.
      if (length > 0) this.#expected = nextColumn(next, column) ?? column + length;
      else this.#expected = column;
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
