// A model of a comparison: loaded in a process of its own, as the product loads one, and unloaded where another needs the room.

import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { Candidate, CandidateReport } from "../../src/shared/comparison.ts";
import type { Model } from "../engine/engine.ts";
import { availableRam } from "../availableRam.ts";
import { fillableRam } from "../engine/plan/memoryPlan.ts";
import { planFor } from "../models/catalogue/rows.ts";
import { planFile } from "../models/plan/plannedFile.ts";
import type { SessionSettings } from "../models/session/backend.ts";
import type { CreateHost } from "../models/session/roleModels.ts";
import { ModelSession } from "../models/session/modelSession.ts";
import { inspectModel } from "../models/files/inspectModel.ts";
import { UserError } from "../userError.ts";

export interface ContestantOptions {
  readonly createHost: CreateHost;
  readonly settings: SessionSettings;
  readonly log: (line: string) => void;
}

export class Contestant {
  readonly candidate: Candidate;
  readonly #options: ContestantOptions;
  readonly #file: Pick<CandidateReport, "name" | "file" | "quantization">;
  #session: ModelSession | undefined;
  #hostMemory: () => number | undefined = () => undefined;
  #state: CandidateReport["state"] = "waiting";
  #problem: string | undefined;
  #fallback: string | undefined;
  #memory: number | undefined;
  /** Whether a GPU holds some of it. */
  usesGpu = false;

  constructor(candidate: Candidate, options: ContestantOptions) {
    this.candidate = candidate;
    this.#options = options;
    const file = path.basename(candidate.path);
    this.#file = { name: file, file, quantization: "" };
    try {
      const { name, quantization } = inspectModel(candidate.path);
      this.#file = { name, file, quantization };
    } catch (error) {
      this.#fail(error);
    }
  }

  get report(): Omit<CandidateReport, "figures"> {
    const { label } = this.candidate;
    return {
      ...this.#file,
      state: this.#state,
      ...(label !== undefined && { label }),
      ...(this.#problem !== undefined && { problem: this.#problem }),
      ...(this.#fallback !== undefined && { fallback: this.#fallback }),
    };
  }

  get hasFailed(): boolean {
    return this.#state === "failed";
  }

  /** Bytes that it needs beside others in main memory, by its file's header. */
  get needed(): number {
    if (this.hasFailed) return 0;
    const { settings } = this.#options;
    const { path, settings: { contextSize = settings.contextSize } = {} } = this.candidate;
    const { planned, contextLength } = planFile(path);
    const free = availableRam() * fillableRam;
    const machine = { devices: [{ kind: "cpu", name: "CPU", free } as const], bandwidth: () => undefined };
    return planFor(planned, contextLength, machine, { ...settings, contextSize }).plan?.total ?? Infinity;
  }

  /** The most that its process was seen to hold, in bytes. */
  get memory(): number | undefined {
    this.#seeMemory();
    return this.#memory;
  }

  /** Whether a model that was given out is still the one in memory: its process may have ended. */
  has(model: Model): boolean {
    return this.#session?.model === model;
  }

  /** The model in memory, once it is loaded; undefined where it cannot be, and it takes no part any more. */
  async ready(): Promise<Model | undefined> {
    if (!this.#session) this.#state = "loading";
    const session = (this.#session ??= this.#open());
    try {
      const model = await session.ready();
      this.#state = "ready";
      this.#fallback = model.info.fallback;
      this.usesGpu = model.info.gpuLayers > 0;
      return model;
    } catch (error) {
      // It was unloaded meanwhile.
      if (this.#session !== session) return undefined;
      this.#fail(error);
      await this.unload();
      return undefined;
    }
  }

  async unload(): Promise<void> {
    this.#seeMemory();
    const session = this.#session;
    this.#session = undefined;
    this.#hostMemory = () => undefined;
    if (!this.hasFailed) this.#state = "waiting";
    await session?.dispose();
  }

  #seeMemory(): void {
    const now = this.#hostMemory();
    if (now !== undefined) this.#memory = Math.max(now, this.#memory ?? 0);
  }

  /** Its process ended again and again. */
  giveUp(): void {
    this.#fail(new UserError(l10n.t("Its process ended each time that it was asked the same.")));
  }

  /** What is no fault of the model is a bug, and ends the comparison. */
  #fail(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.#state = "failed";
    this.#problem = error.message;
  }

  #open(): ModelSession {
    const { createHost, log, settings } = this.#options;
    const { path, settings: { contextSize = settings.contextSize } = {} } = this.candidate;
    const host = createHost(
      log,
      (reason) => session.hostDied(reason),
      () => session.hostUnloaded(),
      (note) => session.setNote(note),
    );
    const ignore = () => undefined;
    const session = new ModelSession({ host, markers: [], onStatus: ignore, onRequest: ignore, onLoad: ignore, log });
    this.#hostMemory = () => host.memory;
    const own = { ...settings, path, contextSize, shared: false, idleUnloadMinutes: 0 };
    // It runs here, nothing of the history is saved, and what is measured beside other work is not remembered.
    for (const key of ["backend", "promptCache", "measurements"]) Reflect.deleteProperty(own, key);
    void session.use(own, true);
    return session;
  }
}
