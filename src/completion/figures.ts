// The figures of ghost text, counted up for all windows in VS Code's storage on this machine.

import type { Memento } from "vscode";

import type { CompletionFigures } from "../shared/status.ts";

const storageKey = "falcon.completionFigures";

const none: CompletionFigures = {
  shown: 0,
  accepted: 0,
  characters: 0,
  seenAfterHalfMinute: 0,
  keptAfterHalfMinute: 0,
  seenAfterFiveMinutes: 0,
  keptAfterFiveMinutes: 0,
};

export class Figures {
  readonly #storage: Memento;

  constructor(storage: Memento) {
    this.#storage = storage;
  }

  get sum(): CompletionFigures {
    return { ...none, ...this.#storage.get<Partial<CompletionFigures>>(storageKey) };
  }

  add(added: Partial<CompletionFigures>): Thenable<void> {
    const { sum } = this;
    const keys = Object.keys(sum) as (keyof CompletionFigures)[];
    return this.#storage.update(storageKey, Object.fromEntries(keys.map((key) => [key, sum[key] + (added[key] ?? 0)])));
  }

  reset(): Thenable<void> {
    return this.#storage.update(storageKey, undefined);
  }
}
