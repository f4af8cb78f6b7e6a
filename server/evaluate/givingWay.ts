// Requests that nobody waits for: what the user asks of other models goes first.

import type { Model } from "../engine/engine.ts";
import { lookEvery, untilIdle } from "../untilIdle.ts";

/** The model, whose requests wait while the user is busy: one that runs meanwhile stops, and begins again. */
export function givingWay(model: Model, isBusy: () => boolean): Model {
  /** @param isWhole whether it was not stopped on the way */
  const once = async <T>(
    ask: (signal: AbortSignal) => Promise<T>,
    isWhole: (answer: T) => boolean,
    signal: AbortSignal,
  ): Promise<T> => {
    for (;;) {
      await untilIdle(isBusy, () => signal.aborted);
      const interrupted = new AbortController();
      const watch = setInterval(() => {
        if (isBusy()) interrupted.abort();
      }, lookEvery);
      try {
        const answer = await ask(AbortSignal.any([signal, interrupted.signal]));
        if (isWhole(answer) || signal.aborted || !interrupted.signal.aborted) return answer;
      } finally {
        clearInterval(watch);
      }
    }
  };
  const score = model.score?.bind(model);
  return {
    ...model,
    countTokens: (...of) => model.countTokens(...of),
    generate: (request, onText, signal) =>
      once(
        (either) => model.generate(request, onText, either),
        ({ stopReason }) => stopReason !== "aborted",
        signal,
      ),
    ...(score && {
      score: (request, signal) =>
        once(
          (either) => score(request, either),
          (scores) => scores !== undefined,
          signal,
        ),
    }),
  };
}
