// What the user asked for in edits before, kept for all windows.

import type { Memento } from "vscode";

const storageKey = "falcon.editInstructions";
const kept = 30;

export class EditInstructions {
  readonly #storage: Memento;

  constructor(storage: Memento) {
    this.#storage = storage;
  }

  /** The newest first. */
  list(): readonly string[] {
    return this.#storage.get<readonly string[]>(storageKey, []);
  }

  async add(instruction: string): Promise<void> {
    const others = this.list().filter((each) => each !== instruction);
    await this.#storage.update(storageKey, [instruction, ...others].slice(0, kept));
  }
}
