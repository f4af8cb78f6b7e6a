// A paragraph as a place in a document: what of its lines is prose. What no paragraph holds is never sent and never changed.

import { indentOf, type Line } from "./lines.ts";

export interface ParagraphLine {
  /** Where its prose begins, behind indentation, quotation marks, a list's marker or a comment's. */
  readonly start: number;
  readonly end: number;
  /** Length of what stands before the prose in the line. */
  readonly column: number;
}

export interface Paragraph {
  /** Only a text is wrapped. A cell stands between the bars of a table. */
  readonly kind: "heading" | "text" | "cell";
  /** Never empty. */
  readonly lines: readonly ParagraphLine[];
  /** What a further line begins with. */
  readonly more: string;
  /** The lines above and below a title that must be as long as it. */
  readonly rules?: readonly { readonly start: number; readonly end: number }[];
}

/** Collects the paragraphs of a document, line by line. */
export class ParagraphCollector {
  readonly paragraphs: Paragraph[] = [];
  readonly #text: string;
  #lines: ParagraphLine[] = [];
  #more = "";

  constructor(text: string) {
    this.#text = text;
  }

  get isOpen(): boolean {
    return this.#lines.length > 0;
  }

  /** Stands for the lines of a paragraph that was opened before the text. */
  openBefore(): void {
    this.#lines = [{ start: 0, end: 0, column: 0 }];
  }

  /** @param column where the prose begins in the line */
  open(line: Line, column: number, more: string): void {
    this.close();
    this.#more = more;
    this.add(line, column);
  }

  /** A further line of the open paragraph. The way that it begins is the way of those to come. */
  add(line: Line, column: number): void {
    if (this.#lines.length > 0) this.#more = line.text.slice(0, column);
    this.#lines.push({ start: line.start + column, end: line.end, column });
  }

  close(kind: Paragraph["kind"] = "text", rules?: Paragraph["rules"]): void {
    const last = this.#lines.pop();
    if (last) {
      // White space before a line break may mean something; at the end of all lines it is no prose.
      const end = last.start + this.#text.slice(last.start, last.end).trimEnd().length;
      const lines = [...this.#lines, { ...last, end }];
      this.paragraphs.push({ kind, lines, more: this.#more, ...(rules && { rules }) });
    }
    this.#lines = [];
  }

  /** A paragraph of a part of one line. */
  addOne(kind: Paragraph["kind"], line: Line, from: number, to: number): void {
    this.close();
    this.paragraphs.push({
      kind,
      lines: [{ start: line.start + from, end: line.start + to, column: from }],
      more: " ".repeat(indentOf(line.text)),
    });
  }
}
