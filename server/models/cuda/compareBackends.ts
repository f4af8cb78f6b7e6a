// How fast a model reads and writes on what it was loaded onto: a few seconds of work of the usual size.

import type { BackendSpeed } from "../../../src/shared/cuda.ts";
import { EngineError, type Model } from "../../engine/engine.ts";

/** Tokens of a prompt, where the context has room for it, and of its answer. */
const [promptTokens, answerTokens] = [512, 64];
/** Prompts that are timed, after one that is not. */
const rounds = 3;

/** @throws EngineError, or the signal's reason */
export async function measureSpeed(model: Model, signal: AbortSignal): Promise<BackendSpeed> {
  // Not what a driver does once.
  await model.prepared;
  const speeds: BackendSpeed[] = [];
  for (let round = 0; round <= rounds; round++) {
    const prompt = [await promptFor(model, round)];
    const request = {
      priority: "chat",
      prompt,
      maxTokens: answerTokens,
      temperature: 0,
      stop: [],
      private: true,
    } as const;
    const { usage, stopReason } = await model.generate(request, () => undefined, signal);
    signal.throwIfAborted();
    if (stopReason === "interrupted") throw new EngineError("died", "the model's process ended while it was measured");
    const { prompt: length, reused, generated, duration, firstToken = duration } = usage;
    const reading = ((length - reused) / firstToken) * 1000;
    // A text that ends at once says nothing of writing.
    const writing = generated > 1 ? ((generated - 1) / (duration - firstToken)) * 1000 : reading;
    if (round > 0) speeds.push({ reading, writing });
  }
  const [middle] = speeds.toSorted((a, b) => timeOf(a) - timeOf(b)).slice(Math.floor(rounds / 2));
  return middle ?? { reading: 0, writing: 0 };
}

/** Seconds of a prompt with its answer. */
export function timeOf({ reading, writing }: BackendSpeed): number {
  return promptTokens / reading + answerTokens / writing;
}

/** One that begins as none before, so that nothing of it is in memory. */
async function promptFor(model: Model, round: number): Promise<string> {
  const line = (i: number) => `boats[${round}][${i}] = harbour.find(${round * 7919 + i * 104_729});\n`;
  const perLine = await model.countTokens([line(0)]);
  const room = Math.min(promptTokens, (model.info.contextSize - answerTokens) / 2);
  return Array.from({ length: Math.max(1, Math.floor(room / perLine)) }, (_, i) => line(i)).join("");
}
