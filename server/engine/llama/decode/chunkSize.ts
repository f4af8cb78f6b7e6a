// How many tokens of prompts a step evaluates: as many as it has time for, at the rate of the steps before.

/** How long the evaluation of prompts may make a step, in milliseconds: an abort waits for a step. */
const prefillTime = 200;
/** The same while others decode, whose next token waits for the step. */
const prefillTimeBesideOthers = 50;
/** Tokens that llama.cpp evaluates at once at the most. */
export const batchSize = 512;
/** Fewer tokens at once are evaluated at a lower rate: of a 1B model 32 at 0.81 of the rate of 512, 64 at 0.96. */
const smallestChunk = 64;
const smallestChunkBesideOthers = 32;

export class ChunkSize {
  /** Prompt tokens per millisecond. */
  #rate = 1;

  /** Tokens of prompts for the next step, in which so many requests run. */
  next(running: number): number {
    const [time, smallest] =
      running === 1 ? [prefillTime, smallestChunk] : [prefillTimeBesideOthers, smallestChunkBesideOthers];
    return Math.min(Math.max(Math.round(this.#rate * time), smallest), batchSize + 1 - running);
  }

  /** Takes how many tokens of prompts a step evaluated, and its milliseconds. */
  evaluated(tokens: number, duration: number): void {
    if (tokens >= smallestChunkBesideOthers) this.#rate = (this.#rate + tokens / duration) / 2;
  }
}
