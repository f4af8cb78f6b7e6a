// A model that the user has chosen: loads it, keeps it loaded while it is in use, and says how it stands.

import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as l10n from "@vscode/l10n";

import type { RemoteServer } from "../../../src/shared/serverSettings.ts";
import type { ModelStatus } from "../../../src/shared/status.ts";
import type { ConnectRequest, LoadedModel, Model, ModelHost } from "../../engine/engine.ts";
import { UserError } from "../../userError.ts";
import { fileVersion } from "../../engine/splitFiles.ts";
import { requireServer, type SessionSettings } from "./backend.ts";
import { Crashes, isSetAside, reloadDelay } from "./crashes.ts";
import { errorKind, type EndedRequest, type ModelEvents } from "../../metrics/events.ts";
import { describeLoad } from "../../metrics/metrics.ts";
import { planFile } from "../plan/plannedFile.ts";
import { loadByPlan, planOf, samePlan } from "./loadPlan.ts";
import { loadError, setAsideError } from "./modelErrors.ts";
import { checkFiles, type RestingModel, restingModel } from "./restingModel.ts";
import { deleteUnwanted } from "./savedContexts.ts";
import { watchModel } from "./watchModel.ts";

/** Node fires a timer of more milliseconds at once. */
const longestTimer = 2 ** 31 - 1;

/** Milliseconds after which a server that failed is worth a request that nobody has asked for by a command. */
const serverRest = 5_000;

/** How the session stands. `resting`: not loaded yet. `ready`: in memory, or `unloaded`. The next request loads either. */
type State =
  | (RestingModel & { readonly state: "resting" })
  | Exclude<ModelStatus, { state: "ready" | "failed" }>
  // The model of a server of which a request failed stays for those that run.
  | (Extract<ModelStatus, { state: "failed" }> & { readonly kept?: Loaded })
  | (Loaded & { readonly state: "ready"; readonly unloaded: boolean; readonly preparing: boolean });

interface Loaded {
  readonly model: Model;
  /** What tells the file from itself before it was changed: its crashes are counted by that. Absent where a server has it. */
  readonly version?: string;
}

/** How a session stands, as others see it. */
type SessionState =
  | Exclude<ModelStatus, { state: "ready" }>
  | {
      readonly state: "ready";
      readonly model: LoadedModel;
      readonly unloaded: boolean;
      readonly preparing?: boolean;
      readonly note?: string;
    };

export interface ModelSessionOptions extends ModelEvents {
  readonly host: ModelHost;
  /** Has the models of servers elsewhere. */
  readonly remote?: ModelHost<ConnectRequest>;
  /** Of all sessions: a file is left alone by each. */
  readonly crashes?: Crashes;
  /** Special tokens whose presence decides the prompt format. */
  readonly markers: readonly string[];
  readonly onStatus: () => void;
  readonly log: (line: string) => void;
}

export class ModelSession {
  readonly #options: ModelSessionOptions;
  readonly #crashes: Crashes;
  #state: State = { state: "loading", model: "", progress: 0 };
  #settings: SessionSettings | undefined;
  /** Aborts the newest load: a later one, or the end of the session, supersedes it. */
  #newest = new AbortController();
  #loaded: Promise<Model | undefined> = Promise.resolve(undefined);
  #isDisposed = false;
  #running = 0;
  /** Whether somebody has asked for the model since it was not in memory. */
  #isWanted = false;
  #idle: NodeJS.Timeout | undefined;
  /** When the last load failed, as `performance.now()` tells it. */
  #failed = 0;
  #note: string | undefined;

  constructor(options: ModelSessionOptions) {
    this.#options = options;
    this.#crashes = options.crashes ?? new Crashes();
  }

  /** How the model stands. */
  get state(): SessionState {
    const state = this.#state;
    const note = this.#note === undefined ? {} : { note: this.#note };
    if (state.state === "loading") return { ...state, ...note };
    if (state.state === "failed") return { state: "failed", model: state.model, problem: state.problem };
    if (state.state === "resting") return { state: "ready", model: state.info, unloaded: true };
    const { model, unloaded, preparing } = state;
    return { state: "ready", model: model.info, unloaded, ...(preparing && { preparing }), ...note };
  }

  /** Requests that run or wait. */
  get queue(): number {
    return this.#running;
  }

  /** The model, if it is in memory now. */
  get model(): Model | undefined {
    const state = this.#state;
    return state.state === "ready" && !state.unloaded ? state.model : undefined;
  }

  /**
   * From now on the model is the one that the settings name. It is loaded at once where the one before it was, or where it
   * `isWanted`, else by the first request. Never rejects: the status says how it went.
   */
  async use(settings: SessionSettings, isWanted = false): Promise<void> {
    const isSame = this.#settings && samePlan(this.#settings, settings);
    this.#settings = settings;
    if (isSame) {
      this.#watchIdle();
      if (isWanted) await this.wake();
    } else if (isWanted || this.#isWanted || settings.backend) await this.#load();
    else this.#rest(settings);
  }

  /** Loads the chosen model again, after a failure, however often it failed. Never rejects. */
  async reload(): Promise<void> {
    this.#crashes.forget();
    await this.#load();
  }

  /** Loads the chosen model, unless it is loaded as its file is now. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#isUpToDate()) await this.wake();
    else await this.reload();
  }

  /**
   * Begins to load a model that is not in memory, or whose server failed a while ago while no request runs there. Resolves
   * when it is there, or cannot be. Never rejects.
   */
  wake(): Promise<unknown> {
    const { state } = this.state;
    const isUnloaded = state === "ready" && this.model === undefined;
    if (isUnloaded || this.#mayBeBack(serverRest)) void this.#load();
    return this.#loaded;
  }

  /**
   * The model once it is loaded. A request that waits for a superseded load gets the model of the newest one.
   * @throws UserError when there is none
   */
  async ready(): Promise<Model> {
    const kept = this.#kept;
    if (this.#mayBeBack(kept ? serverRest : 0)) void this.#load();
    else if (kept) return kept.model;
    else void this.wake();
    const model = await this.#loaded;
    if (model) return model;
    if (this.#state.state === "failed") throw new UserError(this.#state.problem.message, this.#state.problem);
    throw new UserError(l10n.t("The model is not loaded."), { action: "retry" });
  }

  /** What another window or a server elsewhere is waited for, in the user's language; undefined once it is not. */
  setNote(note: string | undefined): void {
    if (note === this.#note) return;
    this.#note = note;
    if (!this.#isDisposed) this.#options.onStatus();
  }

  /** To be called when a server failed one request in a way that it may fail the next ones. It may answer others still. */
  serverFailed(failure: UserError): void {
    this.#options.log(failure.message);
    const state = this.#state;
    // While a model loads, the load itself rejects and says so.
    const kept = state.state === "ready" ? { model: state.model } : this.#kept;
    if (!kept) return;
    if (state.state === "ready") this.#failed = performance.now();
    const model = this.#settings?.backend?.name ?? "";
    this.#setState({ state: "failed", model, problem: failure.toProblem(), kept });
  }

  /** To be called when the model's process ended by itself. */
  hostDied(reason: string): void {
    this.#options.log(`the model is gone: ${reason}`);
    // While a model loads, the load itself rejects and says so.
    if (this.#state.state !== "ready" || this.#state.unloaded) return;
    const { version } = this.#state;
    if (version === undefined) return;
    this.#crashes.add(version, { time: Date.now(), reason });
    const crashes = this.#crashes.of(version);
    void this.#load(isSetAside(crashes) ? 0 : reloadDelay(crashes));
  }

  /** To be called when another client's model took the place of this one: the next request loads it again. */
  hostUnloaded(): void {
    if (this.#state.state !== "ready" || this.#state.unloaded) return;
    this.#options.log("model unloaded: it left its place to one that another window uses");
    this.#isWanted = false;
    this.#setState({ ...this.#state, unloaded: true });
  }

  /** Unloads the model for good: no load begins after that, and no status is reported. Never rejects. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#newest.abort();
    this.#loaded = Promise.resolve(undefined);
    clearTimeout(this.#idle);
    await this.#unload();
  }

  /** `delay`: milliseconds to wait before. */
  #load(delay = 0): Promise<Model | undefined> {
    if (this.#isDisposed || !this.#settings) return Promise.resolve(undefined);
    this.#newest.abort();
    this.#newest = new AbortController();
    this.#isWanted = true;
    this.#loaded = this.#loadNow(this.#settings, delay, this.#newest.signal);
    return this.#loaded;
  }

  /** Says what is wrong with the file, if anything is, without loading it. */
  #rest(settings: SessionSettings): void {
    if (this.#isDisposed) return;
    this.#newest.abort();
    this.#newest = new AbortController();
    this.#loaded = Promise.resolve(undefined);
    void deleteUnwanted(settings.promptCache, this.#options.log, this.#newest.signal);
    try {
      this.#setState({ ...restingModel(settings, this.#options.markers), state: "resting" });
    } catch (error) {
      this.#setFailed(error, settings);
    }
  }

  /** A superseded load deletes nothing, judges no file and reports nothing; it resolves to the newest load's model. */
  async #loadNow(settings: SessionSettings, delay: number, signal: AbortSignal): Promise<Model | undefined> {
    this.#setState({ state: "loading", model: nameOf(settings), progress: 0 });
    const start = performance.now() + delay;
    try {
      const loaded = settings.backend
        ? await this.#connect(requireServer(settings.backend), signal)
        : await this.#tryLoad(settings, delay, signal);
      signal.throwIfAborted();
      const { prepared } = loaded.model;
      this.#options.onLoad({ model: loaded.model.info, duration: performance.now() - start });
      this.#setState({ ...loaded, state: "ready", unloaded: false, preparing: prepared !== undefined });
      void prepared?.then(() => this.#setPrepared(loaded.model));
      return loaded.model;
    } catch (error) {
      if (signal.aborted) return this.#loaded;
      this.#options.onLoad({ error: errorKind(error) });
      this.#setFailed(error, settings);
      return undefined;
    }
  }

  #setFailed(error: unknown, settings: SessionSettings): void {
    const failure = loadError(error, settings.path);
    this.#options.log(failure.message);
    this.#failed = performance.now();
    this.#setState({ state: "failed", model: nameOf(settings), problem: failure.toProblem() });
  }

  /**
   * Reaches the model of a server elsewhere.
   * @throws UserError; anything once the signal fired
   */
  async #connect(server: RemoteServer, signal: AbortSignal): Promise<Loaded> {
    const { host, remote, markers, log } = this.#options;
    if (!remote) throw new Error("no models of servers can be had");
    await host.dispose();
    signal.throwIfAborted();
    const model = await remote.load({ server, markers }, () => undefined);
    signal.throwIfAborted();
    log(`using ${model.info.name} of the server ${server.name} at ${model.info.remote?.host ?? ""}`);
    return { model: this.#watch(model, model.info) };
  }

  /**
   * Loads the model.
   * @throws UserError, EngineError; anything once the signal fired
   */
  async #tryLoad(settings: SessionSettings, delay: number, signal: AbortSignal): Promise<Loaded> {
    const { host, remote, markers, log } = this.#options;
    // A fresh process for each model: the old one is in memory no more, and nothing of it is left.
    await Promise.all([host.dispose(), remote?.dispose()]);
    // The user may replace the file during the delay, so it is inspected after that.
    await sleep(delay, undefined, { signal });
    await deleteUnwanted(settings.promptCache, log, signal);
    signal.throwIfAborted();
    checkFiles(settings);
    const { planned, contextLength } = planFile(settings.path);
    const version = fileVersion(settings.path);
    const crashes = this.#crashes.of(version);
    if (isSetAside(crashes)) throw setAsideError(settings.path, crashes);
    const start = performance.now();
    const { model, fallback } = await loadByPlan(planOf(settings), contextLength, {
      host,
      planned,
      markers,
      onProgress: (progress) => {
        if (!signal.aborted) this.#setState({ state: "loading", model: path.basename(settings.path), progress });
      },
      log,
      isWanted: () => !signal.aborted,
      deaths: crashes.length,
    });
    signal.throwIfAborted();
    log(describeLoad(model.info, performance.now() - start, host.memory));
    const info = { ...model.info, ...(fallback !== undefined && { fallback }) };
    return { model: this.#watch(model, info), version };
  }

  #watch(model: Model, info: LoadedModel): Model {
    const watched = watchModel(model, info, {
      onRunning: (change) => this.#setRunning(change),
      onUse: () => this.#watchIdle(),
      onRequest: (ended) => {
        if (hasText(ended)) this.#setAnswering();
        this.#options.onRequest(ended);
      },
      reload: () => {
        // It may have left its place while the session waited for its load.
        if (this.model === watched) this.hostUnloaded();
        return this.ready();
      },
    });
    return watched;
  }

  /** The model of a server of which a request failed. */
  get #kept(): Loaded | undefined {
    return this.#state.state === "failed" ? this.#state.kept : undefined;
  }

  /** A server that failed one request has answered another one. */
  #setAnswering(): void {
    const kept = this.#kept;
    if (kept) this.#setState({ ...kept, state: "ready", unloaded: false, preparing: false });
  }

  /** Whether a server failed so long ago. It may be there again, and nobody tells. A load would end what still runs there. */
  #mayBeBack(milliseconds: number): boolean {
    if (this.#state.state !== "failed" || !this.#settings?.backend?.server) return false;
    if (this.#kept && this.#running > 0) return false;
    return performance.now() - this.#failed >= milliseconds;
  }

  #isUpToDate(): boolean {
    if (this.#state.state !== "ready" && this.#state.state !== "resting") return false;
    const { version } = this.#state;
    if (version === undefined) return true;
    try {
      return fileVersion(this.#settings?.path ?? "") === version;
    } catch {
      // The load says what is wrong with the file.
      return false;
    }
  }

  /** Begins the time anew after which the model is unloaded. */
  #watchIdle(): void {
    clearTimeout(this.#idle);
    const minutes = this.#settings?.idleUnloadMinutes ?? 0;
    if (this.#isDisposed || minutes === 0 || !this.model || this.#settings?.backend) return;
    this.#idle = setTimeout(() => this.#unloadIdle(), Math.min(minutes * 60_000, longestTimer));
  }

  #unloadIdle(): void {
    // The end of a request begins the time anew.
    if (this.#running > 0 || this.#state.state !== "ready" || this.#state.unloaded) return;
    this.#options.log("model unloaded: it was not used for long");
    this.#isWanted = false;
    this.#setState({ ...this.#state, unloaded: true });
    void this.#unload();
  }

  /** Never rejects: a model that stays in memory is the next load's failure. */
  async #unload(): Promise<void> {
    try {
      await Promise.all([this.#options.host.dispose(), this.#options.remote?.dispose()]);
    } catch (error) {
      this.#options.log(String(error));
    }
  }

  #setRunning(change: 1 | -1): void {
    const before = this.#running;
    this.#running += change;
    const isReady = this.#state.state === "ready" && !this.#isDisposed;
    if (isReady && before > 0 !== this.#running > 0) this.#options.onStatus();
    this.#watchIdle();
  }

  #setPrepared(model: Model): void {
    if (this.#state.state === "ready" && this.#state.model === model)
      this.#setState({ ...this.#state, preparing: false });
  }

  #setState(state: State): void {
    this.#state = state;
    this.#watchIdle();
    this.#options.onStatus();
  }
}

function hasText({ outcome }: EndedRequest): boolean {
  return "usage" in outcome && outcome.usage.generated > 0;
}

function nameOf({ backend, path: file }: SessionSettings): string {
  return backend?.name ?? path.basename(file);
}
