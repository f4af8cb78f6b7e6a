// The ends of a text's lines, and where its offsets stand once these are others.

import type { Hunk } from "./hunks.ts";

export type LineEnd = "\n" | "\r\n";

export function withLineEnds(text: string, eol: LineEnd): string {
  return text.replaceAll(/\r?\n/g, eol);
}

/** Says where an offset of the text, whose lines all end alike, stands once they end in `eol`. */
export function offsetMover(text: string, eol: LineEnd): (offset: number) => number {
  const ends = Array.from(text.matchAll(/\r?\n/g), ({ index }) => index);
  const growth = eol.length - (text.includes("\r\n") ? 2 : 1);
  return (offset) => offset + growth * countBelow(ends, offset);
}

/** Says what a hunk of the text is once the lines end in `eol`. */
export function hunkMover(original: string, eol: LineEnd): (hunk: Hunk) => Hunk {
  const move = offsetMover(original, eol);
  return ({ start, end, text }) => ({ start: move(start), end: move(end), text: withLineEnds(text, eol) });
}

/** How many of the ascending numbers are below the limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
