// Whether a model uses flash attention on a processor: where it reads prompts much faster, measured once.

import { cpuUsage } from "node:process";
import type { LlamaModel, Token } from "node-llama-cpp";

import type { Measurements } from "./measurements.ts";

/** Tokens of the prompt. From 64 on llama.cpp evaluates them in blocks, fewer one by one. */
const tokens = 128;
/**
 * So many times as fast it has to be read; a long prompt gains more. What follows one is then written up to a quarter more
 * slowly, and log-probabilities are off by up to 0.01 and depend on how a prompt was cut into batches, since it adds up in 16
 * bits.
 */
const enough = 1.15;
/** Tokens of a first prompt, and milliseconds: a model that takes longer spends little of them on attention. */
const fewTokens = 16;
const longestFirst = 50;
const rounds = 2;

/** Without a place to remember it, nothing is measured. */
export async function chooseFlashAttention(
  model: LlamaModel,
  measurements: Pick<Measurements, "values" | "remember"> | undefined,
  log: (message: string) => void,
): Promise<boolean> {
  const { llama } = model;
  if (!measurements || llama.gpu !== false) return false;
  const remembered = measurements.values.flashAttention;
  if (remembered !== undefined) return remembered;
  // The processor time of one thread is the same beside other programs; several wait for each other there.
  const threads = llama.maxThreads;
  llama.maxThreads = 1;
  const gain = await measureGain(model).finally(() => (llama.maxThreads = threads));
  const flashAttention = gain >= enough;
  log(`flash attention is ${flashAttention ? "on" : "off"}: a prompt is read ${gain.toFixed(2)} times as fast with it`);
  measurements.remember({ flashAttention });
  return flashAttention;
}

/** How many times as fast a prompt is read with it; 1 for a model of which that takes too long to tell. */
async function measureGain(model: LlamaModel): Promise<number> {
  await using without = await openTrial(model, false);
  // The first evaluation of all also takes what is done once.
  await without.read(1);
  if ((await without.read(fewTokens)) > longestFirst) return 1;
  await using withIt = await openTrial(model, true);
  await withIt.read(1);
  const times: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    times[0] = Math.min(times[0], await without.read(tokens));
    times[1] = Math.min(times[1], await withIt.read(tokens));
  }
  return times[0] / Math.max(times[1], 0.001);
}

/** A context for a prompt. `read` gives the milliseconds of processor time that one of so many tokens takes. */
async function openTrial(model: LlamaModel, flashAttention: boolean) {
  const context = await model.createContext({ contextSize: 2 * tokens, batchSize: tokens, threads: 1, flashAttention });
  const sequence = context.getSequence();
  return {
    read: async (count: number) => {
      const before = cpuUsage();
      await sequence.evaluateWithoutGeneratingNewTokens(Array<Token>(count).fill(0 as Token));
      const { user, system } = cpuUsage(before);
      await sequence.clearHistory();
      return (user + system) / 1000;
    },
    [Symbol.asyncDispose]: () => context.dispose(),
  };
}
