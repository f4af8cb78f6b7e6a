// Writes new words of a paragraph into its lines: breaks between words that stayed stay, and no line is longer than the
// text's lines are.

import { diffArrays } from "diff";

import type { Paragraph } from "./paragraphs.ts";
import { endsLine, fill, type Words } from "./words.ts";

/** How many words may differ before it is no use to look for those that stayed. */
const mostChanges = 2000;
/** The part of the words that stays where a text was corrected rather than written anew. */
const corrected = 0.6;
/** The part of a line that must be full before a break that was there stays behind words that moved. */
const fullEnough = 0.6;

/** Lines are broken here by who has no width of their own. */
const usualWidth = 72;

/**
 * The width at which paragraphs are wrapped: that of their longest line, where the breaks are those that it makes; none
 * where nothing is wrapped. A line that is one long word says nothing.
 */
export function widthOf(text: string, paragraphs: readonly Paragraph[]): number {
  const breaks: { readonly length: number; readonly next: number }[] = [];
  for (const { kind, lines } of paragraphs) {
    if (kind !== "text") continue;
    for (const [i, { start, end, column }] of lines.slice(0, -1).entries()) {
      const line = text.slice(start, end).trimEnd();
      const following = lines[i + 1];
      const next = following ? /^\S*/.exec(text.slice(following.start, following.end))?.[0].length : 0;
      if (line.includes(" ")) breaks.push({ length: column + line.length, next: next ?? 0 });
    }
  }
  if (breaks.length === 0) return Infinity;
  const width = breaks.reduce((longest, { length }) => Math.max(longest, length), 0);
  const made = breaks.filter(({ length, next }) => length + 1 + next > width).length;
  return made >= 2 && made * 2 >= breaks.length ? width : Math.max(width, usualWidth);
}

export interface Layout {
  readonly paragraph: Paragraph;
  /** The words that are replaced: those from `from` to before `to`. */
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly lineBreak: string;
}

/** The text of new words, in the place of some of the old ones. */
export function layOut(old: Words, words: readonly string[], layout: Layout): string {
  const { paragraph, from, to, width, lineBreak } = layout;
  const gaps = keptGaps(old.words.slice(from, to), old.gaps.slice(from, to - 1), words);
  const room = paragraph.kind === "text" ? width : Infinity;
  const newLine = lineBreak + paragraph.more;
  let text = fill(words[0] ?? "", old.hidden);
  let length = columnOf(old, from, paragraph) + text.length;
  /** Whether words have moved into a line of their own, which goes on with what follows. */
  let moved = false;
  for (const [i, next] of words.slice(1).entries()) {
    const word = fill(next, old.hidden);
    const fits = length + 1 + word.length <= room;
    let gap = gaps[i + 1] ?? " ";
    if (endsLine(words[i], old)) [gap, moved] = [breaks(gap) ? gap : newLine, false];
    else if (breaks(gap)) {
      moved = moved && fits && length < room * fullEnough;
      if (moved) gap = " ";
    } else if (!fits && mayBeginLine(word)) [gap, moved] = [newLine, true];
    text += gap + word;
    length = lengthAfter(length, gap + word);
  }
  return text;
}

const breaks = (text: string) => text.includes("\n");

/** The length of the last line when more is written behind one of a length. */
function lengthAfter(length: number, added: string): number {
  return breaks(added) ? added.length - 1 - added.lastIndexOf("\n") : length + added.length;
}

/** Where a word begins in its line. */
function columnOf({ places }: Words, word: number, { lines }: Paragraph): number {
  const place = places[word]?.start ?? 0;
  const line = lines.findLast(({ start }) => start <= place);
  return line ? line.column + place - line.start : 0;
}

/** White space that stood between two words and stands between them still; none where a text was written anew. */
function keptGaps(old: readonly string[], gaps: readonly string[], words: readonly string[]): (string | undefined)[] {
  const changes = diffArrays([...old], [...words], { maxEditLength: mostChanges });
  const kept: (string | undefined)[] = words.map(() => undefined);
  let [from, to, count] = [0, 0, 0];
  for (const change of changes ?? []) {
    if (change.added) to += change.count;
    else if (change.removed) from += change.count;
    else {
      for (let i = 0; i < change.count; i++) kept[to + i] = gaps[from + i - 1];
      [from, to, count] = [from + change.count, to + change.count, count + change.count];
      // A word that was changed in its place keeps the white space on both sides.
      kept[to] = gaps[from - 1];
    }
  }
  return count >= old.length * corrected ? kept : words.map(() => undefined);
}

/** Whether a word at the beginning of a line begins nothing but the line. */
function mayBeginLine(word: string): boolean {
  return (
    !/^(?:[-+*=~#>|:.•–_^%!@]|\d{1,9}[.)]|```|[A-Za-z][.)]$|\(?[A-Za-z\d]{1,3}\)$|\[[^\]]*\]:|<|\/\/|"""|''')/.test(
      word,
    ) ||
    // Emphasis, a link's text.
    /^(?:\*{1,3}|_{1,3}|~~)[\p{L}\p{N}]/u.test(word)
  );
}
