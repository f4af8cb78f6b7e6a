// Rewrites the prose of a document paragraph by paragraph. Whatever is no prose stays, byte for byte: it is not sent, or
// held against what comes back, and what comes back without it is not used.

import { CutDocument, type Replacement } from "./cutDocument.ts";
import { type Prose, proseOf } from "./languages.ts";
import type { Paragraph } from "./paragraphs.ts";
import { cutWords, type Part, partsOf, type Selected } from "./parts.ts";
import { hasProse, keepsMarks, marksIn, readAnswer, shownText } from "./words.ts";
import { layOut, widthOf } from "./wrap.ts";

export interface RewriteRequest {
  readonly text: string;
  /** The text, or one as long in which strings of code are hidden: what looks like a comment in them is none. */
  readonly masked: string;
  readonly languageId: string;
  readonly selected: Selected;
  /** Whether an answer may have markup that was not there. */
  readonly mayAdd: boolean;
  /** Characters that a model is shown at once. */
  readonly longest: number;
}

/** The new text of a part of the document. */
export interface RewrittenPart {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Whether something of it came back in a way that could not be used, and stays as it was. */
  readonly isBroken: boolean;
}

/** Rewrites a piece of prose; undefined where nothing of use came back. */
export type Rewrite = (shown: string) => Promise<string | undefined>;

/**
 * @param onPart gets each part when it is done, and how many there are in all
 * @returns how many parts there are
 */
export async function rewriteProse(
  request: RewriteRequest,
  rewrite: Rewrite,
  onPart: (part: RewrittenPart, total: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const { text } = request;
  const prose = proseOf(request.languageId);
  const document = new CutDocument(request.masked, prose.createCutter);
  const parts = partsOf(text, document.paragraphs, request.selected, prose);
  const width = widthOf(text, document.paragraphs);
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  for (const part of parts) {
    const rewritten = await rewriteWords(part, prose, request, rewrite, signal);
    if (signal.aborted) break;
    const place = placeOf(part);
    const original = { ...place, text: text.slice(place.start, place.end) };
    if (!rewritten.words) {
      onPart({ ...original, isBroken: rewritten.isBroken }, parts.length);
      continue;
    }
    const { paragraph, words, from, to } = part;
    const ownWidth = paragraph.lines.length > 2 ? widthOf(text, [paragraph]) : width;
    const laidOut = layOut(words, rewritten.words, { paragraph, from, to, width: ownWidth, lineBreak });
    const replaced = withRules(text, paragraph, { ...place, text: laidOut });
    const isSound = document.keepsParagraphs(replaced);
    onPart(isSound ? { ...replaced, isBroken: rewritten.isBroken } : { ...original, isBroken: true }, parts.length);
  }
  return parts.length;
}

/** The new words of a part, unless they are the old ones. Of sentences whose answer is of no use the old ones stay. */
async function rewriteWords(
  { words, from, to }: Part,
  { scan }: Prose,
  { longest, mayAdd }: RewriteRequest,
  rewrite: Rewrite,
  signal: AbortSignal,
): Promise<{ readonly words: readonly string[] | undefined; readonly isBroken: boolean }> {
  const runs = cutWords(words.words.slice(from, to), longest);
  const marks = { scan, mayAdd };
  const results: string[][] = [];
  let isBroken = false;
  for (const [i, run] of runs.entries()) {
    const answer = signal.aborted || !hasProse(run) ? undefined : await rewrite(shownText(run));
    const read = answer === undefined ? undefined : readAnswer(answer, run);
    // Marks may begin in one run and end in the next; what stands farther away is held against the marks at the end.
    const [before, after] = [results.at(-1) ?? [], runs[i + 1] ?? []];
    const expected = marksIn([...before, ...run, ...after], words, scan);
    const isSound = read && keepsMarks([...before, ...read, ...after], expected, words, marks);
    if (hasProse(run)) isBroken ||= !isSound;
    results.push(isSound ? read : run);
  }
  const rewritten = results.flat();
  const old = words.words.slice(from, to);
  if (isSame(rewritten, old)) return { words: undefined, isBroken };
  const [before, after] = [words.words.slice(0, from), words.words.slice(to)];
  const isSound = keepsMarks([...before, ...rewritten, ...after], words.marks, words, marks);
  return isSound ? { words: rewritten, isBroken } : { words: undefined, isBroken: true };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

function placeOf({ words, from, to }: Part): Selected {
  return { start: words.places[from]?.start ?? 0, end: words.places[to - 1]?.end ?? 0 };
}

/** A replacement with the lines above and below a title, made as long as it. */
function withRules(text: string, { rules = [], lines }: Paragraph, replacement: Replacement): Replacement {
  const [line] = lines;
  if (!line || rules.length === 0) return replacement;
  const length = line.column + line.end - line.start + replacement.text.length - (replacement.end - replacement.start);
  let { start, end, text: replaced } = replacement;
  for (const rule of rules) {
    const long = text.charAt(rule.start).repeat(Math.max(length, rule.end - rule.start));
    if (rule.start < start) {
      replaced = long + text.slice(rule.end, start) + replaced;
      ({ start } = rule);
    } else {
      replaced += text.slice(end, rule.start) + long;
      ({ end } = rule);
    }
  }
  return { start, end, text: replaced };
}
