// The model that the user has chosen: loads it, keeps it loaded while it is in use, and says how it stands.

import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as l10n from "@vscode/l10n";

import type { ServerSettings, ServerStatus } from "../../../src/shared/protocol.ts";
import {
  EngineError,
  type Generation,
  type LoadedModel,
  type LoadPlan,
  type Model,
  type ModelHost,
  type Usage,
} from "../../engine/engine.ts";
import { UserError } from "../../userError.ts";
import { Crashes, fileVersion, isSetAside, reloadDelay } from "./crashes.ts";
import { describeLoad } from "../../metrics/metrics.ts";
import { inspectAdapter } from "../files/inspectAdapter.ts";
import { inspectModel } from "../files/inspectModel.ts";
import { loadByPlan } from "./loadPlan.ts";
import { deleteUnwanted } from "./promptCacheFolder.ts";
import { generationError, loadError, setAsideError } from "./modelErrors.ts";

const interrupted: Generation = {
  text: "",
  alternatives: [],
  stopReason: "interrupted",
  usage: { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 },
};

type ModelSettings = ServerSettings["model"];

/** How the session stands. `ready`: in memory, or `unloaded` and loaded again by the next request. */
type State =
  | Exclude<ServerStatus, { state: "ready" }>
  | { readonly state: "ready"; readonly model: Model; readonly unloaded: boolean };

/** How a session stands, as others see it. */
type SessionState =
  | Exclude<State, { state: "ready" }>
  | { readonly state: "ready"; readonly model: LoadedModel; readonly unloaded: boolean };

export interface ModelSessionOptions {
  readonly host: ModelHost;
  /** Special tokens whose presence decides the prompt format. */
  readonly markers: readonly string[];
  readonly onStatus: () => void;
  /** One event for each request that came to an end: all metrics are made from these. */
  readonly onUsage: (usage: Usage, model: LoadedModel) => void;
  readonly log: (line: string) => void;
}

export class ModelSession {
  readonly #options: ModelSessionOptions;
  readonly #crashes = new Crashes();
  #state: State = { state: "loading", model: "", progress: 0 };
  #settings: ModelSettings | undefined;
  /** The file that is loaded, or was last, as it was then. */
  #fileVersion = "";
  #loaded: Promise<Model | undefined> = Promise.resolve(undefined);
  /** Counts loads; a load that is not the newest has nothing more to say. */
  #newest = 0;
  #running = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ModelSessionOptions) {
    this.#options = options;
  }

  /** How the model stands. */
  get state(): SessionState {
    const state = this.#state;
    return state.state === "ready" ? { ...state, model: state.model.info } : state;
  }

  /** Requests that run or wait. */
  get queue(): number {
    return this.#running;
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
  get model(): Model | undefined {
    const state = this.#state;
    return state.state === "ready" && !state.unloaded ? state.model : undefined;
  }

  /** Begins to load a model that is unloaded. */
  wake(): void {
    if (this.#state.state === "ready" && this.#state.unloaded) void this.#load();
  }

  /**
   * The model once it is loaded.
   * @throws UserError when there is none
   */
  async ready(): Promise<Model> {
    this.wake();
    const model = await this.#loaded;
    if (model) return model;
    if (this.#state.state === "failed") throw new UserError(this.#state.problem.message, this.#state.problem);
    throw new UserError(l10n.t("The model is not loaded."), { action: "retry" });
  }

  /** To be called when the model's process ended by itself. */
  hostDied(reason: string): void {
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
    await this.#options.host.dispose();
  }

  /** `delay`: milliseconds to wait before. */
  #load(delay = 0): Promise<Model | undefined> {
    const load = ++this.#newest;
    this.#loaded = this.#loadNow(() => load === this.#newest, delay);
    return this.#loaded;
  }

  async #loadNow(isNewest: () => boolean, delay: number): Promise<Model | undefined> {
    const { host, markers, log } = this.#options;
    const settings = this.#settings;
    if (!settings) return undefined;
    const model = path.basename(settings.path);
    this.#setState({ state: "loading", model, progress: 0 });
    try {
      // A fresh process for each model: two are never in memory, and nothing of the old one is left.
      await host.dispose();
      await deleteUnwanted(settings, log);
      const contextLength = this.#inspect(settings.path);
      if (settings.adapter) inspectAdapter(settings.adapter.path, settings.path);
      if (delay > 0) await sleep(delay);
      if (!isNewest()) return await this.#loaded;
      const start = performance.now();
      const { model: loaded, fallback } = await loadByPlan(planOf(settings), contextLength, {
        host,
        markers,
        onProgress: (progress) => {
          if (isNewest()) this.#setState({ state: "loading", model, progress });
        },
        log,
        isWanted: isNewest,
        deaths: this.#crashes.of(this.#fileVersion).length,
      });
      if (!isNewest()) return await this.#loaded;
      const watched = this.#watch(loaded, { ...loaded.info, ...(fallback !== undefined && { fallback }) });
      this.#setState({ state: "ready", model: watched, unloaded: false });
      this.#options.log(describeLoad(watched.info, performance.now() - start, host.memory));
      return watched;
    } catch (error) {
      if (!isNewest()) return this.#loaded;
      const failure = loadError(error, settings.path);
      this.#options.log(failure.message);
      this.#setState({ state: "failed", model, problem: failure.toProblem() });
      return undefined;
    }
  }

  /** The model as features use it: its requests are counted and reported, and its failures are in the user's words. */
  #watch(model: Model, info: LoadedModel): Model {
    const count = async <R>(work: () => Promise<R>): Promise<R> => {
      this.#setRunning(1);
      try {
        return await work();
      } catch (error) {
        throw generationError(error);
      } finally {
        this.#setRunning(-1);
        this.#watchIdle();
      }
    };
    return {
      info,
      generate: (request, onText, signal) =>
        count(async () => {
          try {
            const generation = await model.generate(request, onText, signal);
            this.#options.onUsage(generation.usage, info);
            return generation;
          } catch (error) {
            if (error instanceof EngineError && error.failure === "died") return interrupted;
            throw error;
          }
        }),
      score: (request, signal) => count(() => model.score(request, signal)),
      countTokens: async (prompt, limit) => {
        this.#watchIdle();
        try {
          return await model.countTokens(prompt, limit);
        } catch (error) {
          throw generationError(error);
        }
      },
    };
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
    if (this.#running > 0 || !this.model) return;
    this.#options.log("model unloaded: it was not used for long");
    this.#setState({ state: "ready", model: this.model, unloaded: true });
    void this.#options.host.dispose();
  }

  #setRunning(change: 1 | -1): void {
    const before = this.#running;
    this.#running += change;
    if (this.#state.state === "ready" && before > 0 !== this.#running > 0) this.#options.onStatus();
  }

  #setState(state: State): void {
    this.#state = state;
    this.#watchIdle();
    this.#options.onStatus();
  }
}

/** What of the settings a loaded model depends on. */
function planOf({ promptCache, ...plan }: ModelSettings): LoadPlan {
  return { ...plan, ...(promptCache?.keep && { promptCache: promptCache.folder }) };
}

function sameModel(a: ModelSettings, b: ModelSettings): boolean {
  const keys = ["path", "contextSize", "gpu", "gpuLayers", "kvCache", "threads"] as const;
  const sameAdapter = a.adapter?.path === b.adapter?.path && a.adapter?.scale === b.adapter?.scale;
  return keys.every((key) => a[key] === b[key]) && sameAdapter && a.promptCache?.keep === b.promptCache?.keep;
}
