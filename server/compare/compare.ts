// Compares models on places of a history: they take turns on the same places, so that a stop at any time compares equals.

import type { ComparisonReport } from "../../src/shared/comparison.ts";
import type { Model } from "../engine/engine.ts";
import { lookEvery, untilIdle } from "../untilIdle.ts";
import { type Answer, judge } from "./answer.ts";
import type { Contestant } from "./contestant.ts";
import type { HeldOutPlace } from "./findPlaces.ts";
import type { Pipeline } from "./pipeline.ts";
import { reportOn, type Row } from "./report.ts";

export interface ComparisonOptions {
  readonly contestants: readonly Contestant[];
  readonly places: AsyncIterator<HeldOutPlace>;
  readonly pipeline: Pick<Pipeline, "enter" | "complete">;
  readonly minutes: number;
  /** Whether all of them may be in memory at once; else they are loaded in turn, for more places each time. */
  readonly fitTogether: boolean;
  /** Whether the user waits for a model: that goes first. */
  readonly isBusy: () => boolean;
  readonly onReport: (report: ComparisonReport) => void;
}

/** Milliseconds: what takes longer was no work of ours, as while the machine sleeps. */
const longestStep = 60_000;
/** A place that a model's process does not survive is tried so often; then the model is not compared. */
const mostTries = 3;
const reportEvery = 500;

/** Ends when the time is over, when there are no more places, or when the signal fires. */
export async function compare(options: ComparisonOptions, signal: AbortSignal): Promise<ComparisonReport> {
  const comparison = new Comparison(options, signal);
  try {
    return await comparison.run();
  } finally {
    await Promise.all(options.contestants.map((each) => each.unload()));
  }
}

class Comparison {
  readonly #options: ComparisonOptions;
  readonly #signal: AbortSignal;
  readonly #rows: Row[] = [];
  #state: ComparisonReport["state"] = "finding";
  #elapsed = 0;
  #ticked = performance.now();
  #reported = -Infinity;
  /** Milliseconds that a model took for a place, and to be there, on average. */
  #times = { place: 0, loading: 0 };

  constructor(options: ComparisonOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async run(): Promise<ComparisonReport> {
    try {
      await this.#turns();
    } catch (error) {
      // What was under way when it was stopped ends with that.
      if (!this.#signal.aborted) throw error;
    }
    this.#state = this.#signal.aborted ? "stopped" : "done";
    this.#report(true);
    return this.#current();
  }

  async #turns(): Promise<void> {
    for (let turn = 0; this.#left > 0 && this.#alive.length > 0; turn++) {
      const batch = await this.#next(this.#sizeOf(turn));
      if (batch.length === 0) break;
      this.#state = "running";
      const rows = batch.map((place): Row => ({ place, answers: new Map() }));
      // Those that are in the middle of it when the time is over count as far as all have come.
      this.#rows.push(...rows);
      for (const contestant of this.#alive) await this.#turn(contestant, rows);
      this.#report();
    }
  }

  get #alive(): readonly Contestant[] {
    return this.#options.contestants.filter(({ hasFailed }) => !hasFailed);
  }

  get #together(): boolean {
    return this.#options.fitTogether && !this.#alive.some(({ usesGpu }) => usesGpu);
  }

  /** Milliseconds; none once the comparison was stopped. */
  get #left(): number {
    const now = performance.now();
    this.#elapsed += Math.min(now - this.#ticked, longestStep);
    this.#ticked = now;
    return this.#signal.aborted ? 0 : Math.max(0, this.#options.minutes * 60_000 - this.#elapsed);
  }

  /** Places of a turn: loading takes a small part of the time, and what is left is enough for all models. */
  #sizeOf(turn: number): number {
    if (this.#together) return 1;
    const growing = 2 ** Math.min(turn + 1, 6);
    const { place, loading } = this.#times;
    if (place === 0) return growing;
    const each = this.#left / this.#alive.length - loading;
    return Math.max(1, Math.min(growing, Math.floor(each / place)));
  }

  async #next(count: number): Promise<HeldOutPlace[]> {
    const found: HeldOutPlace[] = [];
    while (found.length < count && this.#left > 0) {
      const next = await this.#options.places.next();
      if (next.done === true) break;
      found.push(next.value);
    }
    return found;
  }

  async #turn(contestant: Contestant, rows: readonly Row[]): Promise<void> {
    const start = performance.now();
    let done = 0;
    const loading = this.#untilReady(contestant);
    this.#report();
    await loading;
    const loaded = performance.now();
    for (const { place, answers } of rows) {
      if (this.#left === 0 || contestant.hasFailed) break;
      await this.#options.pipeline.enter(place);
      const answer = await this.#answer(contestant, place);
      if (!answer) break;
      answers.set(contestant, answer);
      done++;
      this.#report();
    }
    if (done > 0) this.#times = { place: (performance.now() - loaded) / done, loading: loaded - start };
    if (!this.#together) await contestant.unload();
  }

  /** Loading is given up when the comparison is stopped. */
  async #untilReady(contestant: Contestant): Promise<Model | undefined> {
    const stop = () => void contestant.unload();
    this.#signal.addEventListener("abort", stop);
    try {
      return this.#signal.aborted ? undefined : await contestant.ready();
    } finally {
      this.#signal.removeEventListener("abort", stop);
    }
  }

  /** Undefined where there is no time left, or the model takes no part any more. */
  async #answer(contestant: Contestant, place: HeldOutPlace): Promise<Answer | undefined> {
    for (let tries = 0; tries < mostTries;) {
      await this.#untilIdle();
      const model = await this.#untilReady(contestant);
      if (!model || this.#left === 0) return undefined;
      const [over, interrupted] = [new AbortController(), new AbortController()];
      const watch = setInterval(() => {
        if (this.#left === 0) over.abort();
        else if (this.#options.isBusy()) interrupted.abort();
      }, lookEvery);
      const either = AbortSignal.any([this.#signal, over.signal, interrupted.signal]);
      const start = performance.now();
      try {
        const shown = await this.#options.pipeline.complete(place, model, either, contestant.candidate.settings);
        const milliseconds = performance.now() - start;
        if (over.signal.aborted || this.#signal.aborted) return undefined;
        if (interrupted.signal.aborted) continue;
        if (contestant.has(model)) return judge(shown, place, milliseconds);
        tries++;
      } finally {
        clearInterval(watch);
      }
    }
    contestant.giveUp();
    return undefined;
  }

  /** Resolves when the user waits for nothing any more, or the time is over. */
  async #untilIdle(): Promise<void> {
    const { isBusy } = this.#options;
    if (!isBusy()) return;
    this.#state = "waiting";
    this.#report(true);
    await untilIdle(isBusy, () => this.#left === 0);
    this.#state = "running";
  }

  #current(): ComparisonReport {
    const { contestants, minutes } = this.#options;
    const elapsed = minutes * 60_000 - this.#left;
    return reportOn(contestants, this.#rows, {
      state: this.#state,
      elapsed: this.#signal.aborted ? this.#elapsed : elapsed,
      minutes,
    });
  }

  #report(isUrgent = false): void {
    const now = performance.now();
    if (!isUrgent && now - this.#reported < reportEvery) return;
    this.#reported = now;
    this.#options.onReport(this.#current());
  }
}
