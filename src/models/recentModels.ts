// The model files that were used last, kept for all windows.

import type { Memento } from "vscode";

export interface RecentModel {
  readonly path: string;
  /** What the file said of itself. */
  readonly line: string;
}

const storageKey = "falcon.recentModelFiles";
const keptModels = 10;

export class RecentModels {
  readonly #storage: Memento;

  constructor(storage: Memento) {
    this.#storage = storage;
  }

  /** Newest first. */
  list(): readonly RecentModel[] {
    return this.#storage.get<readonly RecentModel[]>(storageKey, []);
  }

  async add(model: RecentModel): Promise<void> {
    const others = this.list().filter(({ path }) => path !== model.path);
    await this.#storage.update(storageKey, [model, ...others].slice(0, keptModels));
  }
}
