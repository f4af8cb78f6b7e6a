// A document cut into its paragraphs, line by line. Where words of it are others, only the lines that they stand in are read
// again: what was known before and after each line tells that all others are read as they were.

import { isDeepStrictEqual } from "node:util";

import { type Line, linesOf } from "./lines.ts";
import { type Paragraph, ParagraphCollector } from "./paragraphs.ts";

/** Reads the lines of a document in their order. */
export abstract class Cutter {
  readonly collector: ParagraphCollector;
  /** All that it knows of the lines before, but for the open paragraph. It is replaced, never changed in place. */
  abstract state: object;

  constructor(text: string) {
    this.collector = new ParagraphCollector(text);
  }

  /** @returns how many lines were read */
  abstract read(lines: readonly Line[], i: number): number;
}

export type CreateCutter = (text: string) => Cutter;

/** A new text of a part of a document. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How many lines before or behind a line may tell what it is: a title stands between two rules. */
const linesAround = 2;

interface Known {
  readonly state: object;
  readonly isOpen: boolean;
}

export class CutDocument {
  readonly paragraphs: readonly Paragraph[];
  readonly #text: string;
  readonly #createCutter: CreateCutter;
  readonly #lines: readonly Line[];
  /** What was known before each line; nothing inside of what is read at once. */
  readonly #known: (Known | undefined)[];

  constructor(text: string, createCutter: CreateCutter) {
    this.#text = text;
    this.#createCutter = createCutter;
    this.#lines = linesOf(text);
    this.#known = this.#lines.map(() => undefined);
    const cutter = createCutter(text);
    for (let i = 0; i < this.#lines.length;) {
      this.#known[i] = { state: cutter.state, isOpen: cutter.collector.isOpen };
      i += cutter.read(this.#lines, i);
    }
    cutter.collector.close();
    this.paragraphs = cutter.collector.paragraphs;
  }

  /** Whether a replacement leaves all paragraphs at their places: new words may read as markup of a block. */
  keepsParagraphs({ start, end, text }: Replacement): boolean {
    let first = Math.max(0, this.#lineAt(start) - linesAround);
    while (first > 0 && !this.#known[first]) first--;
    const last = this.#lineAt(end);
    const behind = Math.min(linesAround, this.#lines.length - 1 - last);
    const from = this.#lines[first]?.start ?? 0;
    const to = this.#lines[last + behind]?.end ?? this.#text.length;
    const read = (lines: string) => this.#readAgain(lines, first, behind);
    const was = read(this.#text.slice(from, to));
    const is = read(this.#text.slice(from, start) + text + this.#text.slice(end, to));
    const added = text.length - (end - start);
    const moved = (at: number) => (at + from < end ? at : at + added);
    return (
      is.rest === was.rest &&
      isDeepStrictEqual(is.state, was.state) &&
      is.paragraphs.length === was.paragraphs.length &&
      is.paragraphs.every((now, i) => {
        const before = was.paragraphs[i];
        if (!before || now.kind !== before.kind || now.column !== before.column) return false;
        // A title that has rules grows with them.
        if (before.hasRules) return now.hasRules;
        return (
          now.end === moved(before.end) &&
          now.start === (before.start + from <= start ? before.start : moved(before.start))
        );
      })
    );
  }

  #readAgain(text: string, first: number, behind: number) {
    const cutter = this.#createCutter(text);
    const lines = linesOf(text);
    const known = this.#known[first];
    if (known) cutter.state = known.state;
    if (known?.isOpen) cutter.collector.openBefore();
    let i = 0;
    while (i < lines.length - behind) i += cutter.read(lines, i);
    const { isOpen, paragraphs } = cutter.collector;
    cutter.collector.close();
    const places = paragraphs.map(({ kind, lines, rules }) => ({
      kind,
      column: lines[0]?.column,
      start: lines[0]?.start ?? 0,
      end: lines.at(-1)?.end ?? 0,
      hasRules: rules !== undefined,
    }));
    return { state: { ...cutter.state, isOpen }, paragraphs: places, rest: lines.length - i };
  }

  #lineAt(offset: number): number {
    let [low, high] = [0, this.#lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lines[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
