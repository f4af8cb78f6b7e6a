// What else a model could write, for who asks for more than the one text: sampled, the likeliest first.

import type { Model, PromptPart } from "../engine/engine.ts";
import type { RefinedCompletion } from "./refine/refine.ts";

/** As many as are worth a look, and as few sequences as there are at least beside the first text's. */
const sampled = 3;
/** Milliseconds that they may take, though each of them should be many lines long. */
const timeLimit = 1000;

/** So warm that they differ, and no warmer; from the same seed, since who asks again wants no other texts. */
const sampling = { temperature: 0.8, minP: 0.05, seed: 1 };

/**
 * Texts other than the first one, each once.
 * @param refine of a text that may be cut by a limit; undefined where nothing is left of it
 */
export async function findAlternatives(
  first: RefinedCompletion,
  model: Model,
  prompt: readonly PromptPart[],
  maxTokens: number,
  refine: (text: string) => RefinedCompletion | undefined,
  signal: AbortSignal,
): Promise<readonly RefinedCompletion[]> {
  // Beside a line nobody waits for more than lines.
  const stop = first.text.includes("\n") ? [] : ["\n"];
  const request = { ...sampling, priority: "completion", prompt, maxTokens, timeLimit, stop } as const;
  const { text, alternatives } = await model.generate({ ...request, candidates: sampled }, () => undefined, signal);
  const others = new Map<string, RefinedCompletion>();
  for (const written of [text, ...alternatives]) {
    const refined = refine(written);
    if (refined && refined.text !== first.text) others.set(refined.text, refined);
  }
  const continuations = [...others.keys()];
  if (signal.aborted || continuations.length < 2) return [...others.values()];
  const scores = await model.score?.({ priority: "completion", prompt, continuations }, signal);
  const likelihood = new Map(scores?.map(({ logProbabilities }, i) => [continuations[i], meanOf(logProbabilities)]));
  return [...others.values()].toSorted((a, b) => (likelihood.get(b.text) ?? 0) - (likelihood.get(a.text) ?? 0));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length);
}
