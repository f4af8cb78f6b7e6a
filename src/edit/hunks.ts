// What a new text changes of an old one, as hunks that can be taken one by one.

// Myers' algorithm is easy to get wrong; jsdiff is its well-kept implementation.
import { diffArrays } from "diff";

/** A piece of the old text, by its offsets, and what takes its place. */
export interface Hunk {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export type Granularity = "lines" | "words";

/** With more changes than this the texts have nothing in common: they are one hunk. It bounds the time. */
const mostChanges = 2_000;

/** Hunks in their order. Those of lines are whole lines; between two hunks there is text that stays. */
export function findHunks(old: string, next: string, by: Granularity): Hunk[] {
  if (old === next) return [];
  return by === "lines" ? lineHunks(old, next) : wordHunks(old, next);
}

/** The text with these hunks applied. */
export function applyHunks(text: string, hunks: readonly Hunk[]): string {
  let applied = "";
  let at = 0;
  for (const hunk of hunks) {
    applied += text.slice(at, hunk.start) + hunk.text;
    at = hunk.end;
  }
  return applied + text.slice(at);
}

/** The lines of a text without their ends, and where each of them begins. */
export interface IndexedLines {
  readonly lines: readonly string[];
  readonly starts: readonly number[];
  /** The text's length. */
  readonly length: number;
  readonly eol: string;
}

/** @param otherEol the line end of a text that has none */
export function indexLines(text: string, otherEol = "\n"): IndexedLines {
  const eol = text.includes("\r\n") ? "\r\n" : text.includes("\n") ? "\n" : otherEol;
  const lines = linesOf(text);
  let at = 0;
  const starts = lines.map((line) => {
    const start = at;
    at += line.length + eol.length;
    return start;
  });
  return { lines, starts, length: text.length, eol };
}

function lineHunks(old: string, next: string): Hunk[] {
  const indexed = indexLines(old, next.includes("\r\n") ? "\r\n" : "\n");
  return findChanges(indexed.lines, linesOf(next)).map((change) => hunkOf(change, indexed));
}

/** A change of lines as a hunk of their text. */
export function hunkOf({ from, to, inserted }: Change, { lines, starts, length, eol }: IndexedLines): Hunk {
  const startOf = (line: number) => starts[line] ?? length;
  const endOf = (line: number) => startOf(line) + (lines[line]?.length ?? 0);
  const text = inserted.join(eol);
  if (inserted.length > 0 && to > from) return { start: startOf(from), end: endOf(to - 1), text };
  const isLast = to === lines.length;
  if (inserted.length > 0) {
    return isLast
      ? { start: length, end: length, text: eol + text }
      : { start: startOf(from), end: startOf(from), text: text + eol };
  }
  return isLast
    ? { start: from > 0 ? endOf(from - 1) : 0, end: length, text: "" }
    : { start: startOf(from), end: startOf(to), text: "" };
}

function wordHunks(old: string, next: string): Hunk[] {
  const [oldWords, nextWords] = [wordsOf(old), wordsOf(next)];
  const ends: number[] = [0];
  for (const word of oldWords) ends.push((ends.at(-1) ?? 0) + word.length);
  return findChanges(oldWords, nextWords).map(({ from, to, inserted }) => ({
    start: ends[from] ?? 0,
    end: ends[to] ?? old.length,
    text: inserted.join(""),
  }));
}

/** Pieces of the old text, from `from` to before `to`, and what takes their place. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly inserted: readonly string[];
}

/** @param most with more changes than this all is one change: it bounds the time */
export function findChanges(old: readonly string[], next: readonly string[], most = mostChanges): Change[] {
  const parts = diffArrays([...old], [...next], { maxEditLength: most });
  if (!parts) return [{ from: 0, to: old.length, inserted: next }];
  const found: { from: number; to: number; inserted: string[] }[] = [];
  let at = 0;
  let isOpen = false;
  for (const { added, removed, value } of parts) {
    if (!added && !removed) {
      at += value.length;
      isOpen = false;
      continue;
    }
    const change = (isOpen ? found.pop() : undefined) ?? { from: at, to: at, inserted: [] };
    if (removed) at += value.length;
    found.push({ ...change, to: at, inserted: added ? [...change.inserted, ...value] : change.inserted });
    isOpen = true;
  }
  return found;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

/** Words, runs of spaces, line ends, and single characters of other kinds. An editor has no place inside of a line end. */
function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}_'’]+|\r\n|[^\S\r\n]+|[^]/gu) ?? [];
}
