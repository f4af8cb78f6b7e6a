// How many tokens of prompts a step evaluates: as many as it has time for, at the rate of the steps before; and of which.

import { batchSize } from "../../plan/buffers.ts";

interface Limits {
  /** How long the evaluation of prompts should make a step, in milliseconds. */
  readonly time: number;
  /** Fewer tokens are evaluated at a lower rate: of a 1B model 32 at 0.81 of the rate of 512, 64 at 0.96. */
  readonly worthwhile: number;
  /** How long a step may take, in milliseconds, so that it evaluates as many. */
  readonly longest: number;
}

/** Aborts and new requests wait for the step. */
const alone: Limits = { time: 200, worthwhile: 64, longest: 900 };
/** The next tokens of other requests wait for it, too. */
const besideOthers: Limits = { time: 100, worthwhile: 32, longest: 400 };
/** As those of a completion, which is waited for at each key. */
const besideCompletion: Limits = { ...besideOthers, time: 50 };

/**
 * The rate of a short step is lower than that of a long one, so it does not replace it. It limits the next step to this many
 * milliseconds, in case the machine has become slower since the last long step.
 */
const longestByShortStep = 5000;

export class ChunkSize {
  /** Prompt tokens per millisecond in the last step that used all the tokens it was given; 0 until there was one. */
  #rate = 0;
  /** Prompt tokens per millisecond in the last step. */
  #lastRate = Infinity;
  /** The tokens that the current step is given. */
  #tokens = 1;

  /**
   * Tokens of prompts for the next step.
   * @param hasCompletion whether one of those that run is a completion
   */
  next(running: number, hasCompletion: boolean): number {
    const { time, worthwhile, longest } = running === 1 ? alone : hasCompletion ? besideCompletion : besideOthers;
    const tokens = Math.max(this.#rate * time, Math.min(this.#rate * longest, worthwhile));
    const trusted = Math.floor(Math.min(tokens, this.#lastRate * longestByShortStep));
    this.#tokens = Math.min(Math.max(trusted, 1), batchSize + 1 - running);
    return this.#tokens;
  }

  /**
   * Takes how many tokens of prompts a step evaluated, and its milliseconds. Each step has a fixed cost besides that of its
   * tokens, so a larger step has at least the rate of a smaller one: sized by that rate, it takes no longer than it may. The
   * first step is therefore a single token, and three or four steps reach the full size. After a step that something else
   * delayed, such as the compilation of shaders, the size recovers as fast.
   */
  evaluated(tokens: number, duration: number): void {
    if (tokens === 0) return;
    this.#lastRate = tokens / Math.max(duration, 0.001);
    const isLong = tokens >= this.#tokens || duration > alone.longest;
    if (isLong || this.#lastRate > this.#rate) this.#rate = this.#lastRate;
  }
}

/**
 * Divides so many tokens among prompts, the first of which go before the others. While there is room, each has one at least:
 * llama.cpp evaluates sequences together only where their ids follow one another, so a prompt that stood still would part
 * the sequences on both sides of it.
 * @param longest tokens that each prompt may have
 */
export function divideTokens(room: number, longest: readonly number[]): readonly number[] {
  const lengths = longest.map((most) => {
    const length = Math.min(most, 1, room);
    room -= length;
    return length;
  });
  return lengths.map((length, i) => {
    const more = Math.min((longest[i] ?? 0) - length, room);
    room -= more;
    return length + more;
  });
}
