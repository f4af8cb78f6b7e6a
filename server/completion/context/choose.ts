// Of ranked chunks the few that go into the prompt, and why the others do not.

import type { ChunkVerdict } from "../../../src/shared/completionContext.ts";
import type { CompletionRequest } from "../request.ts";
import type { Ranked } from "./rank.ts";

export interface Judged extends Ranked {
  readonly verdict: ChunkVerdict;
  /** Of the prompt, where they were counted. */
  readonly tokens?: number;
}

export const mostChunks = 8;
/** Below it a chunk misleads more often than it helps. */
export const leastScore = 0.1;
/** Each is a request to the model's process. */
const mostCounts = 8;
/** Characters of a token: no text has more on average, so a chunk that is too long even then need not be counted. */
const longestToken = 6;
/** Part of a chunk's lines that others may say. */
const mostRepeated = 0.5;
/** Shorter lines, such as brackets, are in every text. */
const shortestLine = 3;

/**
 * Undefined once the completion is no longer wanted.
 * @param countTokens those that a chunk takes in the prompt
 * @param most chunks, as the user has set it
 */
export async function choose(
  ranked: readonly Ranked[],
  { prefix, suffix }: CompletionRequest,
  budget: number,
  countTokens: (each: Ranked) => Promise<number>,
  signal: AbortSignal,
  most = mostChunks,
): Promise<Judged[] | undefined> {
  const known = new Set([...linesOf(prefix), ...linesOf(suffix)]);
  let left = budget;
  let used = 0;
  let counts = 0;
  const judge = async (each: Ranked): Promise<Judged> => {
    if (each.score < leastScore) return { ...each, verdict: "unlike" };
    if (used >= most) return { ...each, verdict: "tooMany" };
    const lines = linesOf(each.chunk.text);
    if (lines.filter((line) => known.has(line)).length > mostRepeated * lines.length)
      return { ...each, verdict: "known" };
    if (each.chunk.text.length / longestToken > left) return { ...each, verdict: "tooLong" };
    if (counts >= mostCounts) return { ...each, verdict: "tooMany" };
    counts++;
    const tokens = await countTokens(each);
    if (tokens > left) return { ...each, verdict: "tooLong", tokens };
    left -= tokens;
    used++;
    for (const line of lines) known.add(line);
    return { ...each, verdict: "used", tokens };
  };
  const judged: Judged[] = [];
  for (const each of ranked) {
    if (signal.aborted) return undefined;
    judged.push(await judge(each));
  }
  return judged;
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestLine);
}
