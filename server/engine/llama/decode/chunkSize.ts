// How many tokens of prompts a step evaluates: as many as it has time for, at the rate of the steps before; and of which.

import { batchSize } from "../../plan/buffers.ts";

interface Limits {
  /** How long the evaluation of prompts should make a step, in milliseconds. */
  readonly time: number;
  /**
   * Fewer tokens are evaluated at a lower rate: of a 1B model on two cores 16 at 0.91 of the rate of 512, 48 at the same. With
   * flash attention it takes 64.
   */
  readonly worthwhile: number;
  /** How long a step may take, in milliseconds, so that it evaluates as many. */
  readonly longest: number;
  /** The same for a whole tile: a 7B model on two cores takes two seconds for it, and evaluates 4 tokens at 0.73 of its rate. */
  readonly longestTile: number;
}

/**
 * llama.cpp multiplies the matrices of a processor by so many tokens at once, and what is left over by so few, each time from
 * the main memory: a 7B model evaluates 16 tokens in a step at 8.3 tokens a second, and 20 at 6.9. Of longer steps what is left
 * over is a small part.
 */
const tile = 16;
const smallTile = 4;

/** Aborts and new requests wait for the step. What it evaluates is of use to the next key, whose prompt begins as this one. */
const alone: Limits = { time: 200, worthwhile: 64, longest: 1000, longestTile: 3000 };
/** The next tokens of other requests wait for it, too. */
const besideOthers: Limits = { time: 100, worthwhile: 32, longest: 400, longestTile: 400 };
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
    const limits = running === 1 ? alone : hasCompletion ? besideCompletion : besideOthers;
    const { time, worthwhile, longest, longestTile } = limits;
    const wholeTile = this.#rate * longestTile >= tile ? tile : 0;
    const tokens = Math.max(this.#rate * time, Math.min(this.#rate * longest, worthwhile), wholeTile);
    const others = running - 1;
    const trusted = inTiles(Math.min(tokens, this.#lastRate * longestByShortStep) + others) - others;
    this.#tokens = Math.min(Math.max(trusted, 1), batchSize - others);
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
    const isLong = tokens >= this.#tokens || duration > alone.longestTile;
    if (isLong || this.#lastRate > this.#rate) this.#rate = this.#lastRate;
  }
}

/** So many tokens of a step, or as many fewer as leave little over. */
function inTiles(tokens: number): number {
  if (tokens >= tile && tokens < 2 * tile) return tile;
  return Math.floor(tokens < smallTile ? tokens : tokens - (tokens % smallTile));
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
