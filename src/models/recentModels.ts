// The model files that were used last, kept for all windows.

import { existsSync } from "node:fs";

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

  /** Those whose files are there, the newest first: some are deleted, or on a drive that is not connected. */
  list(): readonly RecentModel[] {
    return this.#all().filter(({ path }) => existsSync(path));
  }

  async add(model: RecentModel): Promise<void> {
    const others = this.#all().filter(({ path }) => path !== model.path);
    await this.#storage.update(storageKey, [model, ...others].slice(0, keptModels));
  }

  #all(): readonly RecentModel[] {
    return this.#storage.get<readonly RecentModel[]>(storageKey, []);
  }
}
