// The model that the user has chosen: loads it, keeps it loaded, and says how it stands.

import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { ServerSettings, ServerStatus } from "../../src/shared/protocol.ts";
import {
  type Engine,
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadedModel,
  type PromptPart,
} from "../engine/engine.ts";
import { UserError } from "../errors.ts";
import { inspectModel } from "./inspectModel.ts";

const interrupted: Generation = {
  text: "",
  stopReason: "interrupted",
  usage: { prompt: 0, reused: 0, generated: 0 },
};

type ModelSettings = ServerSettings["model"];

/** An engine that dies more often than this within a minute is not started again by itself. */
const toleratedDeaths = 3;
const minute = 60_000;

export interface ModelSessionOptions {
  readonly engine: Engine;
  /** Special tokens whose presence decides the prompt format. */
  readonly markers: readonly string[];
  readonly onStatus: (status: ServerStatus) => void;
  readonly log: (line: string) => void;
}

export class ModelSession {
  readonly #options: ModelSessionOptions;
  #status: ServerStatus = { state: "noModel" };
  #model: LoadedModel | undefined;
  #settings: ModelSettings | undefined;
  #loaded: Promise<LoadedModel | undefined> = Promise.resolve(undefined);
  /** Counts loads; a load that is not the newest has nothing more to say. */
  #newest = 0;
  #generating = 0;
  #deaths: readonly number[] = [];

  constructor(options: ModelSessionOptions) {
    this.#options = options;
  }

  get status(): ServerStatus {
    return this.#status;
  }

  /** The model, if it is ready now. */
  get model(): LoadedModel | undefined {
    return this.#status.state === "ready" ? this.#model : undefined;
  }

  /** Loads the model that the settings name, unless it is the loaded one. Never rejects: the status says how it went. */
  async use(settings: ModelSettings): Promise<void> {
    if (this.#settings && sameSettings(this.#settings, settings)) return;
    this.#settings = settings;
    await this.reload();
  }

  /** Loads the chosen model again, after a failure. */
  async reload(): Promise<void> {
    this.#deaths = [];
    await this.#load();
  }

  /**
   * The model once it is loaded.
   * @throws UserError when there is none
   */
  async ready(): Promise<LoadedModel> {
    const model = await this.#loaded;
    if (model) return model;
    if (this.#status.state === "failed") throw new UserError(this.#status.problem.message, this.#status.problem);
    throw new UserError(l10n.t("No model is chosen. Choose a GGUF file of a Falcon model."), { action: "selectModel" });
  }

  /** @throws UserError */
  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    this.#setGenerating(1);
    try {
      return await this.#options.engine.generate(request, onText, signal);
    } catch (error) {
      if (error instanceof EngineError && error.failure === "died") return interrupted;
      throw generationError(error);
    } finally {
      this.#setGenerating(-1);
    }
  }

  async countTokens(prompt: readonly PromptPart[]): Promise<number> {
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
    if (this.#status.state !== "ready" || !this.#settings) return;
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((time) => now - time < minute), now];
    if (this.#deaths.length <= toleratedDeaths) {
      void this.#load();
      return;
    }
    this.#loaded = Promise.resolve(undefined);
    this.#fail(
      new UserError(
        l10n.t("The model process ended {0} times within a minute ({1}).", String(this.#deaths.length), reason),
        { action: "restartServer" },
      ),
      this.#settings,
    );
  }

  async dispose(): Promise<void> {
    this.#newest++;
    this.#loaded = Promise.resolve(undefined);
    await this.#options.engine.dispose();
  }

  #load(): Promise<LoadedModel | undefined> {
    const load = ++this.#newest;
    this.#loaded = this.#loadNow(() => load === this.#newest);
    return this.#loaded;
  }

  async #loadNow(isNewest: () => boolean): Promise<LoadedModel | undefined> {
    const { engine, markers } = this.#options;
    const settings = this.#settings;
    if (!settings?.path) {
      this.#setStatus({ state: "noModel" });
      await engine.dispose();
      return undefined;
    }
    const model = path.basename(settings.path);
    this.#setStatus({ state: "loading", model, progress: 0 });
    try {
      // A fresh process for each model: two are never in memory, and nothing of the old one is left.
      await engine.dispose();
      inspectModel(settings.path);
      if (!isNewest()) return await this.#loaded;
      const loaded = await engine.load({ settings, markers }, (progress) => {
        if (isNewest()) this.#setStatus({ state: "loading", model, progress });
      });
      if (!isNewest()) return await this.#loaded;
      this.#model = loaded;
      this.#setStatus({ state: "ready", model: loaded, generating: false });
      return loaded;
    } catch (error) {
      if (!isNewest()) return this.#loaded;
      this.#fail(loadError(error, settings.path), settings);
      return undefined;
    }
  }

  #fail(error: UserError, settings: ModelSettings): void {
    this.#options.log(error.message);
    this.#setStatus({ state: "failed", model: path.basename(settings.path), problem: error.toProblem() });
  }

  #setGenerating(change: 1 | -1): void {
    this.#generating += change;
    const generating = this.#generating > 0;
    if (this.#status.state === "ready" && this.#status.generating !== generating) {
      this.#setStatus({ ...this.#status, generating });
    }
  }

  #setStatus(status: ServerStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}

function sameSettings(a: ModelSettings, b: ModelSettings): boolean {
  return a.path === b.path && a.contextSize === b.contextSize && a.gpu === b.gpu && a.threads === b.threads;
}

function loadError(error: unknown, file: string): UserError {
  if (error instanceof UserError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  switch (error instanceof EngineError ? error.failure : undefined) {
    case "outOfMemory":
      return new UserError(
        l10n.t(
          "There is not enough memory for the model {0}: {1}. Choose a smaller model, or lower the setting {2}.",
          file,
          reason,
          "falcon.model.contextSize",
        ),
        { action: "selectModel" },
      );
    case "noBackend":
      return new UserError(
        l10n.t(
          "There is no binary for the backend “{0}” on this machine. Change the setting {1}.",
          reason,
          "falcon.model.gpu",
        ),
        { action: "showLog" },
      );
    case "died":
      return new UserError(
        l10n.t(
          "The model process ended while it loaded {0} ({1}). The file may be damaged: choose another.",
          file,
          reason,
        ),
        { action: "selectModel" },
      );
    default:
      return new UserError(l10n.t("The model {0} cannot be loaded: {1}. Choose another file.", file, reason), {
        action: "selectModel",
      });
  }
}

function generationError(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  switch (error.failure) {
    case "died":
    case "notLoaded":
      return new UserError(l10n.t("The model process ended ({0}); it is started again.", error.message), {
        action: "retry",
      });
    case "promptTooLong":
      return new UserError(l10n.t("The prompt does not fit into the model's context: {0}.", error.message));
    default:
      return error;
  }
}
