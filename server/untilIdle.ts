// How work that nobody waits for gives way to what the user asks of a model.

import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks whether the user asks for something. */
export const lookEvery = 20;
/** How long the user's models rest before the work goes on, in milliseconds: between two keys there is no request, either. */
const rest = 300;

/** Resolves when the user waits for nothing any more, or the work is over. */
export async function untilIdle(isBusy: () => boolean, isOver: () => boolean): Promise<void> {
  if (!isBusy()) return;
  for (let idle = 0; idle < rest && !isOver(); idle = isBusy() ? 0 : idle + lookEvery) await sleep(lookEvery);
}
