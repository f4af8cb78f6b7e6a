// How many tokens of prompts a step evaluates: as many as it has time for, at the rate of the steps before.

interface Limits {
  /** How long the evaluation of prompts should make a step, in milliseconds. */
  readonly time: number;
  /** Fewer tokens are evaluated at a lower rate: of a 1B model 32 at 0.81 of the rate of 512, 64 at 0.96. */
  readonly worthwhile: number;
  /** How long a step may take, in milliseconds, so that it evaluates as many. */
  readonly longest: number;
}

/** A request that is aborted, or comes, waits for the step. */
const alone: Limits = { time: 200, worthwhile: 64, longest: 900 };
/** The next token of those that decode waits for it, too. */
const besideOthers: Limits = { time: 50, worthwhile: 32, longest: 400 };

/** Tokens that llama.cpp evaluates at once at the most. */
export const batchSize = 512;

/**
 * A short step is slower for its size than a long one, and says little of it. At its rate the next one may take so many
 * milliseconds, lest the machine has become slower since the last long one.
 */
const longestByShortStep = 5000;

export class ChunkSize {
  /** Prompt tokens per millisecond, of the last step that was as long as it could be; 0 until there was one. */
  #rate = 0;
  /** The same of the last step. */
  #lastRate = Infinity;
  /** What the step is given that runs. */
  #tokens = 1;

  /** Tokens of prompts for the next step, in which so many requests run. */
  next(running: number): number {
    const { time, worthwhile, longest } = running === 1 ? alone : besideOthers;
    const tokens = Math.max(this.#rate * time, Math.min(this.#rate * longest, worthwhile));
    const trusted = Math.floor(Math.min(tokens, this.#lastRate * longestByShortStep));
    this.#tokens = Math.min(Math.max(trusted, 1), batchSize + 1 - running);
    return this.#tokens;
  }

  /**
   * Takes how many tokens of prompts a step evaluated, and its milliseconds. What each step costs besides its tokens makes
   * a small one slower for its size than a large one: at the rate of a step, the next takes at most the time that it has,
   * however much larger it is. So one token is enough to begin with, and three or four steps reach the full size; one that
   * was held up by something else, such as the compilation of shaders, is made good as fast.
   */
  evaluated(tokens: number, duration: number): void {
    if (tokens === 0) return;
    this.#lastRate = tokens / Math.max(duration, 0.001);
    const isLong = tokens >= this.#tokens || duration > alone.longest;
    if (isLong || this.#lastRate > this.#rate) this.#rate = this.#lastRate;
  }
}
