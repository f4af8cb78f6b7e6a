// What the requests of the last hour came to, in short intervals: enough to plot, and bounded however long the server runs.

import type {
  PerformanceHistory,
  PerformanceInterval,
  RequestKind,
  RequestSums,
} from "../../src/shared/performance.ts";
import type { CompletionFigures } from "../../src/shared/status.ts";
import type { Usage } from "../engine/engine.ts";

/** Milliseconds. */
const interval = 10_000;
const span = 3_600_000;

const nothing: RequestSums = {
  requests: 0,
  begun: 0,
  firstToken: 0,
  duration: 0,
  prompt: 0,
  reused: 0,
  laterTokens: 0,
  laterTime: 0,
};

export class History {
  readonly #now: () => number;
  /** From the oldest to the newest. */
  #intervals: PerformanceInterval[] = [];

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  addUsage(kind: RequestKind, usage: Usage): void {
    this.#change((last) => ({ ...last, [kind]: sumOf(last[kind] ?? nothing, usage) }));
  }

  addCompletions({ shown = 0, accepted = 0 }: Partial<CompletionFigures>): void {
    if (shown === 0 && accepted === 0) return;
    this.#change((last) => ({ ...last, shown: last.shown + shown, accepted: last.accepted + accepted }));
  }

  get performance(): PerformanceHistory {
    this.#forget();
    return { now: this.#now(), interval, span, intervals: this.#intervals };
  }

  #change(change: (last: PerformanceInterval) => PerformanceInterval): void {
    this.#forget();
    const start = Math.floor(this.#now() / interval) * interval;
    const last = this.#intervals.at(-1);
    if (last && last.start >= start) this.#intervals = this.#intervals.with(-1, change(last));
    else this.#intervals = [...this.#intervals, change({ start, shown: 0, accepted: 0 })];
  }

  #forget(): void {
    const now = this.#now();
    // A clock that was set back leaves none in the time to come.
    this.#intervals = this.#intervals.filter(({ start }) => start > now - span - interval && start <= now + interval);
  }
}

function sumOf(sums: RequestSums, { prompt, reused, generated, firstToken, duration }: Usage): RequestSums {
  const added = { ...sums, requests: sums.requests + 1, duration: sums.duration + duration };
  if (firstToken === undefined) return added;
  return {
    ...added,
    begun: sums.begun + 1,
    firstToken: sums.firstToken + firstToken,
    prompt: sums.prompt + prompt,
    reused: sums.reused + reused,
    laterTokens: sums.laterTokens + Math.max(generated - 1, 0),
    laterTime: sums.laterTime + duration - firstToken,
  };
}
