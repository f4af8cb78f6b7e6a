// What was measured of a model on this machine, remembered in a file that several processes share.

import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
// The settings are checked with it too (server/lsp/settings.ts).
import * as v from "valibot";

/** What is not measured yet is absent. */
const measured = v.object({
  /** Bytes of saved states that are read and written in a millisecond. */
  readRate: v.exactOptional(v.number()),
  writeRate: v.exactOptional(v.number()),
  /** Tokens of a prompt that are evaluated in a millisecond. */
  promptRate: v.exactOptional(v.number()),
});
export type Measured = v.InferOutput<typeof measured>;

/** By what it was measured of; `day` is when that was last changed, in days since 1970. */
const remembered = v.record(v.string(), v.object({ ...measured.entries, day: v.number() }));
type Remembered = v.InferOutput<typeof remembered>;

/** Drivers, disks and the rest of the machine change: after so many days it is measured anew. */
const longestRemembered = 30;

export class Measurements {
  readonly #file: string;
  readonly #subject: string;
  readonly #log: (message: string) => void;
  #values: Measured;
  #written = Promise.resolve();

  private constructor(file: string, subject: string, values: Measured, log: (message: string) => void) {
    this.#file = file;
    this.#subject = subject;
    this.#values = values;
    this.#log = log;
  }

  /** @param subject all that a measurement is of: the machine, the device, the kind of model */
  static async open(file: string, subject: string, log: (message: string) => void): Promise<Measurements> {
    const values = v.parse(measured, (await readAll(file))[subject] ?? {});
    return new Measurements(file, subject, values, log);
  }

  get values(): Measured {
    return this.#values;
  }

  /** Resolves when all is written that there is to remember. Never rejects. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** What cannot be written is measured again by the next process. */
  remember(changes: Measured): void {
    this.#values = { ...this.#values, ...changes };
    this.#written = this.#written
      .then(() => this.#write())
      .catch((error: unknown) => this.#log(`what was measured is not remembered: ${String(error)}`));
  }

  async #write(): Promise<void> {
    // Other processes remember what they measured of other models.
    const all = { ...(await readAll(this.#file)), [this.#subject]: { ...this.#values, day: today() } };
    await fs.mkdir(path.dirname(this.#file), { recursive: true });
    const draft = `${this.#file}.${randomUUID()}.tmp`;
    try {
      await fs.writeFile(draft, JSON.stringify(all, undefined, 2));
      await fs.rename(draft, this.#file);
    } finally {
      await fs.rm(draft, { force: true });
    }
  }
}

/** Nothing where there is no file, or one that is not ours. */
async function readAll(file: string): Promise<Remembered> {
  try {
    const read = v.parse(remembered, JSON.parse(await fs.readFile(file, "utf8")));
    return Object.fromEntries(Object.entries(read).filter(([, { day }]) => today() - day <= longestRemembered));
  } catch {
    return {};
  }
}

function today(): number {
  return Math.floor(Date.now() / 86_400_000);
}
