// Runs a model that was just loaded for the first time, and measures how fast it reads a prompt.

import type { Llama, LlamaContextSequence, Token } from "node-llama-cpp";

import { hasGpu } from "./device.ts";

/** Tokens of the longest prompt. For longer ones a GPU compiles more programs, which can take it seconds. */
const most = 32;
/** Tokens of the first prompt on a processor: of a large model it evaluates no more in the time. */
const fewest = 4;
/** Milliseconds that make a measurement good enough. */
const longEnough = 25;

/**
 * Lets the device compile its programs now, not at the first key; a device that cannot run the model fails here.
 * @returns how many tokens of a prompt the model evaluates in a second
 */
export async function warmUp(llama: Llama, sequence: LlamaContextSequence): Promise<number> {
  if (hasGpu(llama)) return measure(sequence, most);
  // Beside other programs several threads wait for each other. One is measured, and of a prompt each evaluates as much.
  const threads = llama.maxThreads;
  llama.maxThreads = 1;
  const rate = await measure(sequence, fewest);
  llama.maxThreads = threads;
  return rate * threads;
}

/** Tokens per second, of prompts that double until one takes long enough. */
async function measure(sequence: LlamaContextSequence, first: number): Promise<number> {
  // A prompt and a single token run different programs.
  await evaluate(sequence, 1);
  let tokens = first;
  let milliseconds = await evaluate(sequence, tokens);
  while (milliseconds < longEnough && tokens < most) {
    tokens *= 2;
    milliseconds = await evaluate(sequence, tokens);
  }
  // The first one of its length may have compiled programs, or waited for a core.
  return (tokens / Math.min(milliseconds, await evaluate(sequence, tokens))) * 1000;
}

/** Milliseconds that a prompt of so many tokens takes. */
async function evaluate(sequence: LlamaContextSequence, tokens: number): Promise<number> {
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(Array<Token>(tokens).fill(0 as Token));
  const milliseconds = performance.now() - start;
  await sequence.clearHistory();
  return milliseconds;
}
