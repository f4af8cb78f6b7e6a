// Several models on one machine: one loads at a time, and not before those that leave are gone. What each load finds of free
// memory is then what the model will have.

import { EngineError, type Model, type ModelHost } from "../../engine/engine.ts";

export class LoadingTurns {
  #loading: Promise<unknown> = Promise.resolve();
  readonly #leaving = new Set<Promise<void>>();

  /** Resolves when those that leave are gone. */
  async gone(): Promise<void> {
    await Promise.allSettled(this.#leaving);
  }

  /** The host, as one of those that take turns. */
  join(host: ModelHost): ModelHost {
    let disposals = 0;
    const load = async (...request: Parameters<ModelHost["load"]>): Promise<Model> => {
      const since = disposals;
      const before = this.#loading;
      const { promise, resolve: end } = Promise.withResolvers<void>();
      this.#loading = promise;
      try {
        await before;
        await this.gone();
        if (disposals !== since) throw new EngineError("died", "it was told to end before it began to load");
        return await host.load(...request);
      } finally {
        end();
      }
    };
    const dispose = async (): Promise<void> => {
      disposals++;
      const gone = host.dispose();
      this.#leaving.add(gone);
      try {
        await gone;
      } finally {
        this.#leaving.delete(gone);
      }
    };
    return {
      get memory() {
        return host.memory;
      },
      load,
      dispose,
    };
  }
}
