// What of a document is asked for at once: the words of a paragraph that are selected, or some sentences of a long one.

import type { Prose } from "./languages.ts";
import type { Paragraph } from "./paragraphs.ts";
import { hasProse, shownText, type Words, wordsOf } from "./words.ts";

export interface Selected {
  readonly start: number;
  readonly end: number;
}

/** A paragraph of which words are selected: those from `from` to before `to`. */
export interface Part {
  readonly paragraph: Paragraph;
  readonly words: Words;
  readonly from: number;
  readonly to: number;
}

/** The paragraphs with prose that a selection touches, with its words. No word is cut, and no hidden part of one. */
export function partsOf(text: string, paragraphs: readonly Paragraph[], selected: Selected, { scan }: Prose): Part[] {
  const parts: Part[] = [];
  for (const paragraph of paragraphs) {
    const [first, last] = [paragraph.lines[0], paragraph.lines.at(-1)];
    if (!first || !last || last.end <= selected.start || first.start >= selected.end) continue;
    const words = wordsOf(text, paragraph, scan);
    const from = words.places.findIndex(({ end }) => end > selected.start);
    const to = words.places.findLastIndex(({ start }) => start < selected.end) + 1;
    if (from >= 0 && hasProse(words.words.slice(from, to))) parts.push({ paragraph, words, from, to });
  }
  return parts;
}

/** Cuts words into runs of at most so many characters, at the ends of sentences where that is possible. */
export function cutWords(words: readonly string[], longest: number): string[][] {
  const runs: string[][] = [];
  let run: string[] = [];
  let length = 0;
  let lastEnd = 0;
  for (const word of words) {
    if (length + word.length > longest && run.length > 0) {
      const rest = lastEnd > 0 ? run.splice(lastEnd) : [];
      runs.push(run);
      run = rest;
      length = shownText(rest).length + 1;
      lastEnd = 0;
    }
    run.push(word);
    length += word.length + 1;
    if (/[.!?…。！？]["'”’)\]]*$/.test(word)) lastEnd = run.length;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}
