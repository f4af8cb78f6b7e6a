// The model that the user has chosen: loads it, keeps it loaded while it is in use, and says how it stands.

import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as l10n from "@vscode/l10n";

import type { ServerSettings, ServerStatus } from "../../../src/shared/protocol.ts";
import {
  type Engine,
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadedModel,
  type PromptPart,
  type Usage,
} from "../../engine/engine.ts";
import { UserError } from "../../userError.ts";
import { Crashes, fileVersion, isSetAside, reloadDelay } from "./crashes.ts";
import { describeLoad, speedOf, withUsage } from "../../metrics/metrics.ts";
import { inspectAdapter } from "../files/inspectAdapter.ts";
import { inspectModel } from "../files/inspectModel.ts";
import { loadByPlan } from "./loadPlan.ts";
import { deleteUnwanted } from "./promptCacheFolder.ts";
import { generationError, loadError, setAsideError } from "./modelErrors.ts";

const interrupted: Generation = {
  text: "",
  alternatives: [],
  stopReason: "interrupted",
  usage: { prompt: 0, reused: 0, generated: 0, guessed: 0, duration: 0 },
};

type ModelSettings = ServerSettings["model"];

/** How the session stands. `ready`: in memory, or `asleep` and loaded again by the next request. */
type State =
  | Exclude<ServerStatus, { state: "ready" }>
  | { readonly state: "ready"; readonly model: LoadedModel; readonly asleep: boolean };

export interface ModelSessionOptions {
  readonly engine: Engine;
  /** Special tokens whose presence decides the prompt format. */
  readonly markers: readonly string[];
  readonly onStatus: (status: ServerStatus) => void;
  readonly log: (line: string) => void;
}

export class ModelSession {
  readonly #options: ModelSessionOptions;
  readonly #crashes = new Crashes();
  #state: State = { state: "loading", model: "", progress: 0 };
  #settings: ModelSettings | undefined;
  /** The file that is loaded, or was last, as it was then. */
  #fileVersion = "";
  #loaded: Promise<LoadedModel | undefined> = Promise.resolve(undefined);
  /** Counts loads; a load that is not the newest has nothing more to say. */
  #newest = 0;
  #generating = 0;
  #usages: readonly Usage[] = [];
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ModelSessionOptions) {
    this.#options = options;
  }

  get status(): ServerStatus {
    const state = this.#state;
    if (state.state !== "ready") return state;
    const { memory } = this.#options.engine;
    const figures = { ...speedOf(this.#usages), ...(memory !== undefined && { memory }), queue: this.#generating };
    return { ...state, generating: this.#generating > 0, figures };
  }

  /** Loads the model that the settings name, unless it is the loaded one. Never rejects: the status says how it went. */
  async use(settings: ModelSettings): Promise<void> {
    const isSame = this.#settings && sameModel(this.#settings, settings);
    this.#settings = settings;
    if (isSame) this.#watchIdle();
    else await this.#load();
  }

  /** Loads the chosen model again, after a failure, however often it failed. */
  async reload(): Promise<void> {
    this.#crashes.forget();
    await this.#load();
  }

  /** The model, if it is in memory now. */
  get model(): LoadedModel | undefined {
    const state = this.#state;
    return state.state === "ready" && !state.asleep ? state.model : undefined;
  }

  /** Begins to load a model that is asleep. */
  wake(): void {
    if (this.#state.state === "ready" && this.#state.asleep) void this.#load();
  }

  /**
   * The model once it is loaded.
   * @throws UserError when there is none
   */
  async ready(): Promise<LoadedModel> {
    this.wake();
    const model = await this.#loaded;
    if (model) return model;
    if (this.#state.state === "failed") throw new UserError(this.#state.problem.message, this.#state.problem);
    throw new UserError(l10n.t("The model is not loaded."), { action: "retry" });
  }

  /** @throws UserError */
  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    this.#setGenerating(1);
    try {
      const generation = await this.#options.engine.generate(request, onText, signal);
      this.#usages = withUsage(this.#usages, generation.usage);
      return generation;
    } catch (error) {
      if (error instanceof EngineError && error.failure === "died") return interrupted;
      throw generationError(error);
    } finally {
      this.#setGenerating(-1);
      this.#watchIdle();
    }
  }

  async countTokens(prompt: readonly PromptPart[]): Promise<number> {
    this.#watchIdle();
    try {
      return await this.#options.engine.countTokens(prompt);
    } catch (error) {
      throw generationError(error);
    }
  }

  /** To be called when the engine's process ended by itself. */
  engineDied(reason: string): void {
    this.#options.log(`model process ended: ${reason}`);
    // While a model loads, the load itself rejects and says so.
    if (this.#state.state !== "ready") return;
    this.#crashes.add(this.#fileVersion, { time: Date.now(), reason });
    void this.#load(reloadDelay(this.#crashes.of(this.#fileVersion)));
  }

  async dispose(): Promise<void> {
    this.#newest++;
    this.#loaded = Promise.resolve(undefined);
    clearTimeout(this.#idle);
    await this.#options.engine.dispose();
  }

  /** `delay`: milliseconds to wait before. */
  #load(delay = 0): Promise<LoadedModel | undefined> {
    const load = ++this.#newest;
    this.#loaded = this.#loadNow(() => load === this.#newest, delay);
    return this.#loaded;
  }

  async #loadNow(isNewest: () => boolean, delay: number): Promise<LoadedModel | undefined> {
    const { engine, markers, log } = this.#options;
    const settings = this.#settings;
    if (!settings) return undefined;
    const model = path.basename(settings.path);
    this.#setState({ state: "loading", model, progress: 0 });
    try {
      // A fresh process for each model: two are never in memory, and nothing of the old one is left.
      await engine.dispose();
      await deleteUnwanted(settings, log);
      const contextLength = this.#inspect(settings.path);
      if (settings.adapter) inspectAdapter(settings.adapter.path, settings.path);
      if (delay > 0) await sleep(delay);
      if (!isNewest()) return await this.#loaded;
      const start = performance.now();
      const loaded = await loadByPlan(settings, contextLength, {
        engine,
        markers,
        onProgress: (progress) => {
          if (isNewest()) this.#setState({ state: "loading", model, progress });
        },
        log,
        isWanted: isNewest,
        deaths: this.#crashes.of(this.#fileVersion).length,
      });
      if (!isNewest()) return await this.#loaded;
      this.#usages = [];
      this.#setState({ state: "ready", model: loaded, asleep: false });
      this.#options.log(describeLoad(loaded, performance.now() - start, engine.memory));
      return loaded;
    } catch (error) {
      if (!isNewest()) return this.#loaded;
      const failure = loadError(error, settings.path);
      this.#options.log(failure.message);
      this.#setState({ state: "failed", model, problem: failure.toProblem() });
      return undefined;
    }
  }

  /**
   * The context length that a file's model was trained on.
   * @throws UserError when it cannot be loaded, or is not to be
   */
  #inspect(file: string): number {
    const { contextLength } = inspectModel(file);
    this.#fileVersion = fileVersion(file);
    const crashes = this.#crashes.of(this.#fileVersion);
    if (isSetAside(crashes)) throw setAsideError(file, crashes);
    return contextLength;
  }

  /** Begins the time anew after which the model is unloaded. */
  #watchIdle(): void {
    clearTimeout(this.#idle);
    const minutes = this.#settings?.idleUnloadMinutes ?? 0;
    if (minutes > 0 && this.model) this.#idle = setTimeout(() => this.#sleep(), minutes * 60_000);
  }

  #sleep(): void {
    // The end of what runs begins the time anew.
    if (this.#generating > 0 || !this.model) return;
    this.#options.log("model unloaded: it was not used for long");
    this.#setState({ state: "ready", model: this.model, asleep: true });
    void this.#options.engine.dispose();
  }

  #setGenerating(change: 1 | -1): void {
    const before = this.#generating;
    this.#generating += change;
    if (this.#state.state === "ready" && before > 0 !== this.#generating > 0) this.#options.onStatus(this.status);
  }

  #setState(state: State): void {
    this.#state = state;
    this.#watchIdle();
    this.#options.onStatus(this.status);
  }
}

function sameModel(a: ModelSettings, b: ModelSettings): boolean {
  const keys = ["path", "contextSize", "gpu", "gpuLayers", "kvCache", "threads"] as const;
  const sameAdapter = a.adapter?.path === b.adapter?.path && a.adapter?.scale === b.adapter?.scale;
  return keys.every((key) => a[key] === b[key]) && sameAdapter && a.savedContexts?.keep === b.savedContexts?.keep;
}
