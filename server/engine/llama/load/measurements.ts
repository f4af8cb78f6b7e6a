// What was measured of a model on this machine, remembered in a file that several processes share.

import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
// The settings are checked with it too (server/lsp/settings.ts).
import * as v from "valibot";

import { isGone, unlessGone } from "../../promptCacheFolder.ts";

const rate = v.pipe(v.number(), v.finite(), v.gtValue(0));

/**
 * What is not measured yet is absent. Bytes of saved states that are read and written in a millisecond; tokens of a prompt that a
 * GPU evaluates in a second, in long pieces.
 */
const measured = v.object({
  readRate: v.exactOptional(rate),
  writeRate: v.exactOptional(rate),
  promptRate: v.exactOptional(rate),
});
export type Measured = v.InferOutput<typeof measured>;

/** By what it was measured of; `day` is when that was last changed, in days since 1970. */
type Remembered = Readonly<Record<string, Measured & { readonly day: number }>>;

/** Drivers, disks and the rest of the machine change: after so many days it is measured anew. */
const longestRemembered = 30;
/** Bytes; an entry has some 200. */
const largestFile = 1_000_000;
/** Milliseconds after which nobody writes a draft any more. */
const longestDraft = 60_000;

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
    const { [subject]: entry } = (await readAll(file)) ?? {};
    return new Measurements(file, subject, entry ? v.parse(measured, entry) : {}, log);
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
    const before = await readAll(this.#file);
    if (!before) throw new Error(`${this.#file} holds something else and is left as it is`);
    const all = { ...before, [this.#subject]: { ...this.#values, day: today() } };
    await fs.mkdir(path.dirname(this.#file), { recursive: true });
    await this.#deleteDrafts();
    const draft = `${this.#file}.${randomUUID()}.tmp`;
    try {
      await fs.writeFile(draft, JSON.stringify(all, undefined, 2));
      await fs.rename(draft, this.#file);
    } finally {
      await fs.rm(draft, { force: true });
    }
  }

  /** Those that a process left when it was killed. */
  async #deleteDrafts(): Promise<void> {
    const { dir, base } = path.parse(this.#file);
    for (const name of await fs.readdir(dir)) {
      if (!name.startsWith(`${base}.`) || !name.endsWith(".tmp")) continue;
      const draft = path.join(dir, name);
      const written = await unlessGone(fs.stat(draft));
      if (written && Date.now() - written.mtimeMs > longestDraft) await fs.rm(draft, { force: true });
    }
  }
}

/** The entries that are valid; undefined where the file holds something else. */
async function readAll(file: string): Promise<Remembered | undefined> {
  try {
    const { size } = await fs.stat(file);
    if (size === 0) return {};
    if (size > largestFile) return undefined;
    const text = await fs.readFile(file, "utf8");
    const entries = Object.entries(
      v.parse(v.record(v.string(), v.looseObject({ day: v.unknown() })), JSON.parse(text)),
    );
    const now = today();
    const day = v.pipe(v.number(), v.minValue(now - longestRemembered), v.maxValue(now));
    const entry = v.object({ ...measured.entries, day });
    return Object.fromEntries(entries.flatMap(([subject, value]) => (v.is(entry, value) ? [[subject, value]] : [])));
  } catch (error) {
    return isGone(error) ? {} : undefined;
  }
}

function today(): number {
  return Math.floor(Date.now() / 86_400_000);
}
