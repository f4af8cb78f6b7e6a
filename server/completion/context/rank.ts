// Which chunks are likely to help at the cursor: those that share the rarest terms with the text around it.

import type { CompletionRequest } from "../request.ts";
import type { Chunk } from "./chunks.ts";
import { termsOf } from "./terms.ts";

export interface Candidate {
  readonly chunk: Chunk;
  /** The provider that found it. */
  readonly provider: string;
}

export interface Ranked extends Candidate {
  /** From 0 to 1: how much of what the text around the cursor is about the chunk has, too. */
  readonly score: number;
}

const linesBefore = 24;
const linesAfter = 6;
/** Characters of either side: a line may be of any length. */
const mostCharacters = 4000;
/** Lines from the cursor at which a term counts half: what is written next is about the line's own names. */
const halfDistance = 1;

/** The candidates by their score, the best first. */
export function rank(candidates: readonly Candidate[], request: CompletionRequest): Ranked[] {
  const query = [...queryOf(request)];
  const shared = candidates.map(({ chunk }) => query.flatMap(([term], i) => (chunk.terms.has(term) ? [i] : [])));
  const counts = query.map(() => 0);
  for (const i of shared.flat()) counts[i] = (counts[i] ?? 0) + 1;
  const weights = query.map(([, weight], i) => weight * rarity(counts[i] ?? 0, candidates.length));
  const total = sum(weights);
  return candidates
    .map((candidate, i) => ({
      ...candidate,
      score: total === 0 ? 0 : sum((shared[i] ?? []).map((each) => weights[each] ?? 0)) / total,
    }))
    .sort((a, b) => b.score - a.score);
}

/** The terms around the cursor, each with a weight that falls with the distance of the nearest line that has it. */
export function queryOf({ prefix, suffix }: CompletionRequest): Map<string, number> {
  const before = prefix.slice(-mostCharacters).split("\n").slice(-linesBefore).reverse();
  const after = suffix.slice(0, mostCharacters).split("\n").slice(0, linesAfter);
  const weights = new Map<string, number>();
  for (const lines of [before, after]) {
    for (const [distance, line] of lines.entries()) {
      const weight = halfDistance / (halfDistance + distance);
      for (const term of termsOf(line)) weights.set(term, Math.max(weight, weights.get(term) ?? 0));
    }
  }
  return weights;
}

/** The inverse document frequency of BM25. Terms that no candidate has are the rarest: what it is about stands nowhere else. */
function rarity(having: number, all: number): number {
  return Math.log(1 + (all - having + 0.5) / (having + 0.5));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
