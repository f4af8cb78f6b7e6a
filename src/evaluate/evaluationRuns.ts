// The evaluations that the user asked for, each a file in the extension's storage: what came out, and what is left to do.

import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as v from "valibot";

import { type EvaluationRun, evaluationTests } from "../shared/evaluation.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const score = { score: v.number(), standardError: v.exactOptional(v.number()), questions: count };
const runSchema: v.GenericSchema<unknown, EvaluationRun> = v.object({
  id: v.string(),
  started: v.number(),
  model: v.object({ path: v.string(), name: v.string() }),
  data: v.string(),
  limit: v.exactOptional(count),
  tests: v.array(v.picklist(evaluationTests)),
  results: v.array(
    v.object({
      ...{ ...score, test: v.picklist(evaluationTests), cut: count, device: v.string(), answersFile: v.string() },
      subjects: v.array(v.object({ ...score, subject: v.string() })),
      settings: v.record(v.string(), v.union([v.string(), v.number()])),
    }),
  ),
  stopped: v.exactOptional(v.object({ answered: count, all: count, contextSize: count })),
});

/** Milliseconds between two that are saved on the way. */
const saveEvery = 5000;

export class EvaluationRuns {
  readonly #folder: string;
  #soonest = 0;
  #saved: Promise<void> = Promise.resolve();

  /** @param folder of the extension, for all windows */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Gets the answers, question by question. */
  get answersFolder(): string {
    return join(this.#folder, "answers");
  }

  /** The newest first. A file that cannot be read is none. */
  async list(): Promise<readonly EvaluationRun[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const runs = await Promise.all(names.filter((name) => name.endsWith(".json")).map((name) => this.#read(name)));
    return runs.filter((run) => run !== undefined).toSorted((a, b) => b.started - a.started);
  }

  /** One after the other: the last one counts. */
  save(run: EvaluationRun): Promise<void> {
    this.#saved = this.#saved.catch(() => undefined).then(() => this.#write(run));
    return this.#saved;
  }

  /** A run on its way; not each of them is saved. Never rejects: what is wrong comes to light at the end. */
  saveSoon(run: EvaluationRun): void {
    if (Date.now() >= this.#soonest) void this.saveNow(run);
  }

  /** A run on its way. Never rejects. */
  async saveNow(run: EvaluationRun): Promise<void> {
    this.#soonest = Date.now() + saveEvery;
    await this.save(run).catch(() => undefined);
  }

  async #write(run: EvaluationRun): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = this.#fileOf(run);
    // Renamed when whole: another window may read it.
    await writeFile(`${file}.part`, JSON.stringify(run, undefined, 2));
    await rename(`${file}.part`, file);
  }

  /** Its answers stay: another run with the same settings goes on with them. */
  async delete(run: EvaluationRun): Promise<void> {
    await rm(this.#fileOf(run), { force: true });
  }

  #fileOf({ id }: EvaluationRun): string {
    return join(this.#folder, `${id}.json`);
  }

  async #read(name: string): Promise<EvaluationRun | undefined> {
    try {
      const result = v.safeParse(runSchema, JSON.parse(await readFile(join(this.#folder, name), "utf8")));
      return result.success ? result.output : undefined;
    } catch {
      return undefined;
    }
  }
}
