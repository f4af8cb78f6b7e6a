// Cuts the text around the cursor to a token budget.

import type { ModelInfo } from "../../src/shared/status.ts";
import { promptRateOf } from "./ablation.ts";
import type { CompletionRequest } from "./request.ts";

export interface CompletionWindow {
  readonly prefix: string;
  readonly suffix: string;
  /** Tokens that the prefix may grow to beside this suffix. */
  readonly room: number;
}

/** In tokens. */
export interface WindowBudget {
  readonly prefix: number;
  readonly suffix: number;
}

/** Seconds that the evaluation of a whole window takes; the next keys reuse most of it. */
const evaluationTime = 0.5;
/**
 * The window in tokens, whatever is evaluated in the time: a shorter one loses more than the time is worth, a longer one gains
 * nothing that can be measured (media/models/README.md).
 */
const fewestTokens = 512;
const mostTokens = 2048;
/** In prefix-suffix-middle order the suffix is evaluated again at each key: it is kept short. */
const maxSuffixTokens = 256;
/** Special tokens around the two. */
const reservedTokens = 8;

/** Tokens of the prompt that text of other places may take. A window that is small already keeps all of it. */
export function contextBudget(
  info: Pick<ModelInfo, "contextSize" | "infill" | "promptRate">,
  otherTokens: number,
): number {
  const { prefix, suffix } = windowBudget(info, otherTokens);
  const total = prefix + suffix;
  return total > fewestTokens ? Math.floor(total / 3) : 0;
}

/** `otherTokens`: those of the context that the window leaves free. */
export function windowBudget(
  info: Pick<ModelInfo, "contextSize" | "infill" | "promptRate">,
  otherTokens: number,
): WindowBudget {
  const { contextSize, infill } = info;
  // A power of two: the next load measures a little more or less, and its windows are to be the same.
  const evaluated = 2 ** Math.floor(Math.log2(promptRateOf(info) * evaluationTime));
  const worthwhile = Math.min(Math.max(evaluated, fewestTokens), mostTokens);
  const total = Math.max(0, Math.min(contextSize - otherTokens - reservedTokens, worthwhile));
  const suffix = infill ? Math.min(maxSuffixTokens, Math.floor(total / 4)) : 0;
  return { prefix: total - suffix, suffix };
}

/**
 * The longest window of whole lines that fits the budget.
 * @param countTokens tokens that the model makes of a text
 */
export async function cutWindow(
  { prefix, suffix, firstLine }: CompletionRequest,
  budget: WindowBudget,
  countTokens: (text: string) => Promise<number>,
): Promise<CompletionWindow> {
  const before = await fit(prefix, budget.prefix, countTokens, (text, length) => cutStart(text, length, firstLine));
  // What a short prefix leaves goes to the suffix at once, not with each key: in the bundled model's order it stands first.
  const spare = budget.suffix === 0 ? 0 : Math.max(0, maxSuffixTokens - budget.suffix);
  const given = Buffer.byteLength(before) <= budget.prefix - spare ? spare : 0;
  const after = await fit(suffix, budget.suffix + given, countTokens, cutEnd);
  return { prefix: before, suffix: after, room: budget.prefix - given };
}

/** Shortens a text until it fits. Tokens per character vary little within a text, so that few rounds do. */
async function fit(
  text: string,
  budget: number,
  countTokens: (text: string) => Promise<number>,
  cut: (text: string, length: number) => string,
): Promise<string> {
  let fitted = budget > 0 ? text : "";
  // A token is one byte at least, so a short text needs no counting.
  while (Buffer.byteLength(fitted) > budget) {
    const tokens = await countTokens(fitted);
    if (tokens <= budget) break;
    fitted = cut(fitted, Math.floor((fitted.length * budget) / tokens));
  }
  return fitted;
}

/**
 * The end of the text, at most `length` long, from the start of a line where there is one. Of the lines that leave at least
 * three quarters of the length it is the one whose number the highest power of two divides: the window then begins at the
 * same place for many keys, also those that add lines, and what was evaluated stays of use.
 */
function cutStart(text: string, length: number, firstLine: number): string {
  const from = text.length - length;
  const lines = [...text.matchAll(/\n/g)].map(({ index }, i) => ({ start: index + 1, number: firstLine + i + 1 }));
  const whole = lines.filter(({ start }) => start >= from);
  const long = whole.filter(({ start }) => text.length - start >= 0.75 * length);
  const start = (long.toSorted((a, b) => powerOfTwo(b.number) - powerOfTwo(a.number))[0] ?? whole[0])?.start;
  return start === undefined || start === text.length ? wholeCharacters(text.slice(from)) : text.slice(start);
}

/** The highest one that divides a number. */
function powerOfTwo(number: number): number {
  return number & -number;
}

/** The beginning of the text, at most `length` long, to the end of a line where there is one. */
function cutEnd(text: string, length: number): string {
  const end = text.lastIndexOf("\n", length - 1);
  return end <= 0 ? wholeCharacters(text.slice(0, length)) : text.slice(0, end + 1);
}

function wholeCharacters(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]/, "").replace(/[\uD800-\uDBFF]$/, "");
}
