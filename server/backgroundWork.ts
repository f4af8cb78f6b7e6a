// Work that leaves time to what the user waits for.

import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds of work, after which it rests as long. */
const longestWork = 8;

export class BackgroundWork {
  #since = performance.now();

  /** Between two steps. */
  async rest(): Promise<void> {
    const worked = performance.now() - this.#since;
    if (worked < longestWork) return;
    await sleep(worked);
    this.#since = performance.now();
  }
}
