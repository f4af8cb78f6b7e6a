// A paragraph as words: what a model is shown of them, and what comes back, held against the marks that were there.

import type { Mark, ScanMarks } from "./marks.ts";
import type { Paragraph } from "./paragraphs.ts";

/** A part of a word that is hidden: as it stands in the document, and as the scan of the paragraph reads it. */
interface Hidden {
  readonly raw: string;
  readonly read: string;
  /** A line has to end behind it: white space or a sign for a line break, a comment. */
  readonly endsLine: boolean;
}

export interface Words {
  /** Each with `[n]` in the place of its n-th hidden part. */
  readonly words: readonly string[];
  /** The white space before each word but the first, as it stands in the document. */
  readonly gaps: readonly string[];
  /** Where each word begins and ends in the document. */
  readonly places: readonly { readonly start: number; readonly end: number }[];
  readonly hidden: readonly Hidden[];
  /** The marks as they were, by their text. */
  readonly marks: readonly string[];
}

const placeholder = /\[(\d+)\]/g;

export function wordsOf(text: string, paragraph: Paragraph, scan: ScanMarks): Words {
  const flow = paragraph.lines.map(({ start, end }) => text.slice(start, end)).join("\n");
  const toText = placesIn(paragraph);
  const marks = scan(flow);
  const hidden: Hidden[] = [];
  const words: string[] = [];
  const places: { start: number; end: number }[] = [];
  let word = "";
  let start = 0;
  const endWord = (end: number) => {
    if (word === "") return;
    words.push(word);
    places.push({ start: toText(start), end: toText(end) });
    word = "";
  };
  const addText = (from: number, to: number) => {
    for (const { 0: piece, index } of flow.slice(from, to).matchAll(/\s+|\S+/g)) {
      if (piece.trim() === "") endWord(from + index);
      else {
        if (word === "") start = from + index;
        word += piece;
      }
    }
  };
  let at = 0;
  for (const mark of hiddenMarks(marks, flow)) {
    addText(at, mark.start);
    if (word === "") ({ start } = mark);
    const read = flow.slice(mark.start, mark.end);
    const endsLine = flow[mark.end] === "\n" && /^(?: |\\{1,2}$|%)/.test(read);
    hidden.push({ raw: text.slice(toText(mark.start), toText(mark.end)), read, endsLine });
    word += `[${hidden.length}]`;
    at = mark.end;
  }
  addText(at, flow.length);
  endWord(flow.length);
  const gaps = places.slice(1).map((place, i) => text.slice(places[i]?.end, place.start));
  return { words, gaps, places, hidden, marks: textsOf(marks, flow) };
}

/** From a place in the lines of a paragraph, joined, to the place in the document. */
function placesIn({ lines }: Paragraph): (at: number) => number {
  const starts: number[] = [];
  let length = 0;
  for (const { start, end } of lines) {
    starts.push(length);
    length += end - start + 1;
  }
  return (at) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return (lines[low]?.start ?? 0) + at - (starts[low] ?? 0);
  };
}

/** What is hidden: marks, and numbers in brackets between them, which would be taken for placeholders. */
function hiddenMarks(marks: readonly Mark[], flow: string): { readonly start: number; readonly end: number }[] {
  const hidden = marks.filter((mark) => mark.hidden);
  const all: { start: number; end: number }[] = [];
  let at = 0;
  const addNumbers = (from: number, to: number) => {
    for (const { 0: number, index } of flow.slice(from, to).matchAll(placeholder)) {
      all.push({ start: from + index, end: from + index + number.length });
    }
  };
  for (const { start, end } of hidden) {
    addNumbers(at, start);
    const last = all.at(-1);
    // What touches is one, but for what ends a line.
    if (last?.end === start && flow[end] !== "\n") last.end = end;
    else all.push({ start, end });
    at = end;
  }
  addNumbers(at, flow.length);
  return all;
}

function textsOf(marks: readonly Mark[], flow: string): string[] {
  return marks.map(({ start, end }) => flow.slice(start, end));
}

/** Whether there is anything to read in words beside what is hidden. */
export function hasProse(words: readonly string[]): boolean {
  return words.some((word) => /\p{L}/u.test(word.replace(placeholder, "")));
}

/** Some of the words as a model is shown them, with placeholders that are counted from one. */
export function shownText(words: readonly string[]): string {
  let count = 0;
  return words.map((word) => word.replace(placeholder, () => `[${++count}]`)).join(" ");
}

/**
 * The words of an answer in the place of those that were shown, with their placeholders as they are counted in the whole
 * paragraph; undefined unless each placeholder came back once and in order.
 */
export function readAnswer(answer: string, shown: readonly string[]): string[] | undefined {
  const numbers = shown.flatMap((word) => Array.from(word.matchAll(placeholder), ([, number]) => Number(number)));
  const words = answer.split(/\s+/).filter((word) => word !== "");
  const found = words.flatMap((word) => Array.from(word.matchAll(placeholder), ([, number]) => Number(number)));
  const isInOrder = found.length === numbers.length && found.every((number, i) => number === i + 1);
  if (!isInOrder || words.length === 0) return undefined;
  return words.map((word) => word.replace(placeholder, (_whole, number) => `[${numbers[Number(number) - 1] ?? 0}]`));
}

/** Whether words hold the very marks that are expected; with `mayAdd`, others beside them. */
export function keepsMarks(
  words: readonly string[],
  expected: readonly string[],
  paragraph: Words,
  { scan, mayAdd }: { readonly scan: ScanMarks; readonly mayAdd: boolean },
): boolean {
  let matched = 0;
  for (const mark of marksIn(words, paragraph, scan)) {
    if (mark === expected[matched]) matched++;
    else if (!mayAdd) return false;
  }
  return matched === expected.length;
}

/** The marks of words of a paragraph, as they stand in lines of any length. */
export function marksIn(words: readonly string[], paragraph: Words, scan: ScanMarks): string[] {
  const flow = words
    .map((word) => fill(word, paragraph.hidden, "read") + (endsLine(word, paragraph) ? "\n" : " "))
    .join("")
    .trimEnd();
  return scan(flow).map(({ start, end }) => flow.slice(start, end));
}

/** Fills hidden parts in again. */
export function fill(word: string, hidden: readonly Hidden[], as: "raw" | "read" = "raw"): string {
  return word.replace(placeholder, (whole, number: string) => hidden[Number(number) - 1]?.[as] ?? whole);
}

/** Whether a line has to end behind a word. */
export function endsLine(word: string | undefined, { hidden }: Words): boolean {
  const number = /\[(\d+)\]$/.exec(word ?? "")?.[1];
  return number !== undefined && hidden[Number(number) - 1]?.endsLine === true;
}
