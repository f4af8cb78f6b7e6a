// Scores that nobody waits for: what the user asks of other models goes first.

import { setTimeout as sleep } from "node:timers/promises";

import type { Model } from "../engine/engine.ts";

/** Milliseconds between two looks whether the user asks for something. */
const look = 20;
/** How long the user's models rest before the next score, in milliseconds: between two keys there is no request, either. */
const rest = 300;

/** The model, whose scores wait while the user is busy: one that runs meanwhile stops, and begins again. */
export function givingWay(model: Model, isBusy: () => boolean): Model {
  const score = model.score?.bind(model);
  if (!score) return model;
  return {
    ...model,
    score: async (request, signal) => {
      for (;;) {
        await untilIdle(isBusy, signal);
        if (signal.aborted) return undefined;
        const interrupted = new AbortController();
        const watch = setInterval(() => {
          if (isBusy()) interrupted.abort();
        }, look);
        try {
          const scores = await score(request, AbortSignal.any([signal, interrupted.signal]));
          if (scores || !interrupted.signal.aborted) return scores;
        } finally {
          clearInterval(watch);
        }
      }
    },
  };
}

async function untilIdle(isBusy: () => boolean, signal: AbortSignal): Promise<void> {
  if (!isBusy()) return;
  for (let idle = 0; idle < rest && !signal.aborted; idle = isBusy() ? 0 : idle + look) await sleep(look);
}
