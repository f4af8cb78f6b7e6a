// Rewrites the prose of a document paragraph by paragraph. Whatever is no prose stays, byte for byte: it is not sent, or
// held against what comes back, and what comes back without it is not used.

import { hasComments } from "./commentParagraphs.ts";
import { type Prose, proseOf } from "./languages.ts";
import type { Paragraph } from "./paragraphs.ts";
import { cutWords, type Part, partsOf, type Selected } from "./parts.ts";
import { cutPlain } from "./plainParagraphs.ts";
import { hasProse, keepsMarks, readAnswer, shownText } from "./words.ts";
import { layOut, widthOf } from "./wrap.ts";

export interface RewriteRequest {
  readonly text: string;
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
  const { prose, paragraphs, parts } = partsIn(request);
  const width = widthOf(text, paragraphs);
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
    const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
    const ownWidth = paragraph.lines.length > 2 ? widthOf(text, [paragraph]) : width;
    const laidOut = layOut(words, rewritten.words, { paragraph, from, to, width: ownWidth, lineBreak });
    const replaced = withRules(text, paragraph, { ...place, text: laidOut });
    const isSound = hasSameParagraphs(text, replaced, part, { paragraphs, prose });
    onPart(isSound ? { ...replaced, isBroken: rewritten.isBroken } : { ...original, isBroken: true }, parts.length);
  }
  return parts.length;
}

/** What is selected of the prose; of code without a comment, the selection as it is. */
function partsIn({ text, languageId, selected }: RewriteRequest) {
  const prose = proseOf(languageId);
  const paragraphs = prose.cut(text);
  const parts = partsOf(text, paragraphs, selected, prose);
  const isAll = selected.start === 0 && selected.end === text.length;
  if (parts.length > 0 || isAll || !hasComments(languageId)) return { prose, paragraphs, parts };
  const plain: Prose = { cut: (code) => cutPlain(code), scan: prose.scan };
  const all = plain.cut(text);
  return { prose: plain, paragraphs: all, parts: partsOf(text, all, selected, plain) };
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
  let results: readonly (readonly string[])[] = runs;
  let isBroken = false;
  for (const [i, run] of runs.entries()) {
    if (!hasProse(run)) continue;
    const answer = await rewrite(shownText(run));
    if (signal.aborted) break;
    const read = answer === undefined ? undefined : readAnswer(answer, run);
    const next = read && results.with(i, read);
    const all = next && [...words.words.slice(0, from), ...next.flat(), ...words.words.slice(to)];
    if (next && (isSame(read, run) || keepsMarks(all ?? [], words, scan, mayAdd))) results = next;
    else isBroken = true;
  }
  const rewritten = results.flat();
  return { words: isSame(rewritten, words.words.slice(from, to)) ? undefined : rewritten, isBroken };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

function placeOf({ words, from, to }: Part): Selected {
  return { start: words.places[from]?.start ?? 0, end: words.places[to - 1]?.end ?? 0 };
}

interface Replacement extends Selected {
  readonly text: string;
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

/** Whether a replacement leaves as many paragraphs, each at its place: new words may read as markup of a block. */
function hasSameParagraphs(
  text: string,
  { start, end, text: replaced }: Replacement,
  { paragraph }: Part,
  { paragraphs, prose }: { readonly paragraphs: readonly Paragraph[]; readonly prose: Prose },
): boolean {
  const again = prose.cut(text.slice(0, start) + replaced + text.slice(end));
  const added = replaced.length - (end - start);
  const number = paragraphs.indexOf(paragraph);
  const [was, is] = [paragraph, again[number]];
  return (
    again.length === paragraphs.length &&
    is?.kind === was.kind &&
    is.lines[0]?.column === was.lines[0]?.column &&
    again.every(({ lines }, i) => {
      // A title that has rules grows with them.
      if (i === number && was.rules) return true;
      return lines.at(-1)?.end === (paragraphs[i]?.lines.at(-1)?.end ?? 0) + (i < number ? 0 : added);
    })
  );
}
