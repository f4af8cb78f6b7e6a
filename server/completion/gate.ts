// Whether a suggestion is worth a look: how likely it is to be right, by what the model thought of its tokens.

import type { Suggestions } from "../../src/shared/serverSettings.ts";
import type { GeneratedToken } from "../engine/engine.ts";
import { isLeftOut } from "./ablation.ts";
import type { RefinedCompletion } from "./refine/refine.ts";

/**
 * Fitted by logistic regression on held-out lines, of which at least half of what was written was right. How long the line
 * is, is in the sum; where the cursor stands, in a word or at the start of a line, added nothing on packages that were not
 * fitted.
 */
const weights = { constant: 1.2, first: 1.1, sum: 0.8 };

/** How likely to be right a suggestion must be to be shown unasked. */
const thresholds: Readonly<Record<Suggestions, number>> = { eager: 0, balanced: 0.05, quiet: 0.3, onCommand: 1 };

/** The part of suggestions that people accept: who accepts fewer sees only likelier ones, up to twice as likely. */
const usualAcceptance = 0.2;

/**
 * The tokens of a suggestion with their ends in it; none where they cannot be told.
 * @param written all that the model wrote, of which the suggestion is a part
 */
export function tokensOf(
  suggestion: string,
  written: string,
  tokens: readonly GeneratedToken[] = [],
): readonly GeneratedToken[] {
  const start = written.indexOf(suggestion);
  return start < 0 ? [] : moved(tokens, -start);
}

/** The tokens of a text that has lost its beginning, or got one. */
export function moved(tokens: readonly GeneratedToken[], distance: number): readonly GeneratedToken[] {
  return tokens.map((token) => ({ ...token, end: token.end + distance })).filter(({ end }) => end > 0);
}

/** How likely the first line of a suggestion is to be right, from 0 to 1; undefined where the engine does not tell. */
export function confidenceIn({ text, tokens = [] }: RefinedCompletion): number | undefined {
  const line = /\S.*/.exec(text);
  const end = line ? line.index + line[0].length : 0;
  const logarithms = tokens
    .filter((_, i) => (tokens[i - 1]?.end ?? 0) < end)
    .map(({ probability }) => Math.log(probability));
  const [first] = logarithms;
  if (first === undefined) return undefined;
  const sum = logarithms.reduce((total, each) => total + each, 0);
  return 1 / (1 + Math.exp(-(weights.constant + weights.first * first + weights.sum * sum)));
}

/** @param acceptance the part of the latest suggestions that was accepted; undefined while there are too few to tell */
export function isWorthShowing(
  completion: RefinedCompletion,
  suggestions: Suggestions = "balanced",
  acceptance: number = usualAcceptance,
): boolean {
  const confidence = confidenceIn(completion);
  if (confidence === undefined || isLeftOut("gate")) return true;
  const strictness = Math.max(-1, Math.min(1, 1 - acceptance / usualAcceptance));
  return confidence >= thresholds[suggestions] * 2 ** strictness;
}
