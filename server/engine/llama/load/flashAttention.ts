// Whether a model uses flash attention on a processor: where it reads prompts much faster, measured once.

import type { LlamaModel, Token } from "node-llama-cpp";

import type { Measurements } from "./measurements.ts";

/** Tokens of the prompt. From 64 on llama.cpp evaluates them in blocks, fewer one by one. */
const tokens = 128;
/**
 * So many times as fast a prompt has to be read. What follows a long one is then written up to a quarter more slowly, and log-
 * probabilities are off by up to 0.01 and depend on how a prompt was cut into batches, since it adds up in 16 bits.
 */
const enough = 1.25;
/**
 * Tokens of a first prompt, and milliseconds: a model that takes longer spends little of them on attention, or something else
 * uses the cores.
 */
const fewTokens = 16;
const longestFirst = 50;
/** Milliseconds after which no further round begins, and rounds at the most: something else may use the cores meanwhile. */
const longEnough = 300;
const mostRounds = 4;

/** Without a place to remember it, nothing is measured. */
export async function chooseFlashAttention(
  model: LlamaModel,
  threads: number,
  measurements: Pick<Measurements, "values" | "remember"> | undefined,
  log: (message: string) => void,
): Promise<boolean> {
  if (!measurements || model.llama.gpu !== false) return false;
  const remembered = measurements.values.flashAttention;
  if (remembered !== undefined) return remembered;
  const gain = await measureGain(model, threads);
  if (gain === undefined) return false;
  const flashAttention = gain >= enough;
  log(`with flash attention a prompt is read ${gain.toFixed(2)} times as fast: it is ${flashAttention ? "on" : "off"}`);
  measurements.remember({ flashAttention });
  return flashAttention;
}

/** How many times as fast a prompt is read with it; undefined where that takes too long to tell. */
async function measureGain(model: LlamaModel, threads: number): Promise<number | undefined> {
  await using without = await openTrial(model, threads, false);
  // The first evaluation of all also takes what is done once.
  if ((await without.read(1)) > longestFirst || (await without.read(fewTokens)) > longestFirst) return undefined;
  await using withIt = await openTrial(model, threads, true);
  await withIt.read(1);
  const times: [number, number] = [Infinity, Infinity];
  const start = performance.now();
  for (let round = 0; round < mostRounds && performance.now() - start < longEnough; round++) {
    times[0] = Math.min(times[0], await without.read(tokens));
    times[1] = Math.min(times[1], await withIt.read(tokens));
  }
  return times[0] / times[1];
}

/** A context for a prompt. `read` gives the milliseconds that one of so many tokens takes. */
async function openTrial(model: LlamaModel, threads: number, flashAttention: boolean) {
  const context = await model.createContext({ contextSize: 2 * tokens, batchSize: tokens, threads, flashAttention });
  const sequence = context.getSequence();
  return {
    read: async (count: number) => {
      const start = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(Array<Token>(count).fill(0 as Token));
      const milliseconds = performance.now() - start;
      await sequence.clearHistory();
      return milliseconds;
    },
    [Symbol.asyncDispose]: () => context.dispose(),
  };
}
