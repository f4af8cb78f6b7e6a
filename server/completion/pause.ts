// How long a request waits after a key before the model is asked: not at all where the answer comes before the next key.

import { setTimeout as sleep } from "node:timers/promises";

import { isLeftOut } from "./ablation.ts";
import { type CompletionRequest, linePrefixOf } from "./request.ts";

/** How many keys and answers count: what was long ago says little of now. */
const remembered = 9;
/** Milliseconds between two keys of one run of typing; a longer rest is thought, and says nothing of the next key. */
const longestInterval = 1000;
/** Of a person who types quickly, until more is known. */
const firstInterval = 120;

export class Pause {
  #lastKey = -Infinity;
  #intervals: readonly number[] = [];
  #latencies: readonly number[] = [];

  /** @param now in milliseconds, as `performance.now()` tells it */
  keyCame(now: number): void {
    const interval = now - this.#lastKey;
    if (interval < longestInterval) this.#intervals = [...this.#intervals, interval].slice(-remembered);
    this.#lastKey = now;
  }

  /** The model took so many milliseconds for a completion. */
  answered(latency: number): void {
    this.#latencies = [...this.#latencies, latency].slice(-remembered);
  }

  /**
   * Milliseconds to wait. An engine that is busy gives a chat's time to the completion, and a slow one works for nothing when the
   * next key is another one than it expects: both wait, the longer where the next key is near, as within a word.
   * @param longest the user's setting
   */
  length(request: CompletionRequest, longest: number, isIdle: boolean): number {
    if (isLeftOut("pause")) return longest;
    const latency = median(this.#latencies) ?? 0;
    if (isIdle && latency <= (median(this.#intervals) ?? firstInterval)) return 0;
    return isInWord(request) ? longest : Math.round(longest / 2);
  }
}

function isInWord(request: CompletionRequest): boolean {
  return /[\p{L}\p{N}_$]$/u.test(linePrefixOf(request));
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Waits; false when the signal ended the wait. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (milliseconds <= 0) return !signal.aborted;
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
