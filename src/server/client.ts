// The language server as named methods. It is started, and started again when it dies.

import { basename } from "node:path";

import { CancellationTokenSource, EventEmitter, l10n, type Disposable } from "vscode";
import { State, type ProgressType, type RequestType, type RequestType0 } from "vscode-languageclient/node";

import { UserError } from "../problems.ts";
import { createLanguageClient, type ConnectionOptions, type QuietLanguageClient } from "./connection.ts";
import { restartDelay } from "./restartPolicy.ts";
import {
  chatDelta,
  chatRequest,
  completionContextRequest,
  completionsCounted,
  deleteSavedContextsRequest,
  editDelta,
  editRequest,
  inspectModelRequest,
  loadModel,
  reloadModelRequest,
  settingsChanged,
  statusChanged,
  statusRequest,
} from "../shared/methods.ts";
import { type ModelRole, modelRoles, type ReloadParams, statusOf } from "../shared/modelRoles.ts";
import type { EditParams, EditResult } from "../shared/edit.ts";
import type { CompletionContextReport } from "../shared/completionContext.ts";
import type { ChatParams, ChatResult } from "../shared/chat.ts";
import type { ServerSettings } from "../shared/serverSettings.ts";
import type { ModelFileInfo } from "../shared/models.ts";
import type { CompletionFigures, ModelStatus, Problem, ServerStatus } from "../shared/status.ts";

export class ServerClient implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #settings: () => ServerSettings;
  readonly #changeStatus = new EventEmitter<ServerStatus>();
  readonly #countCompletions = new EventEmitter<Partial<CompletionFigures>>();
  #status: ServerStatus;
  #client: QuietLanguageClient | undefined;
  /** Resolves to the running client, or to undefined when there will be none until a restart. */
  #running = Promise.withResolvers<QuietLanguageClient | undefined>();
  #isSettled = false;
  #life: { readonly end: AbortController; readonly ended: Promise<void> };
  #isDisposed = false;

  readonly onDidChangeStatus = this.#changeStatus.event;
  /** Fires with what is to be added to the figures of ghost text. */
  readonly onDidCountCompletions = this.#countCompletions.event;

  constructor(options: ConnectionOptions, settings: () => ServerSettings) {
    this.#options = options;
    this.#settings = settings;
    this.#status = startingStatus(settings());
    this.#life = this.#begin();
  }

  get status(): ServerStatus {
    return this.#status;
  }

  /** Process id of the running server. */
  get pid(): number | undefined {
    return this.#client?.serverProcess?.pid;
  }

  chat(params: ChatParams, onDelta: (text: string) => void, signal: AbortSignal): Promise<ChatResult> {
    return this.stream(chatRequest, chatDelta, params, onDelta, signal);
  }

  /** Rewrites a text; `onDelta` gets pieces of the new one. */
  edit(params: EditParams, onDelta: (text: string) => void, signal: AbortSignal): Promise<EditResult> {
    return this.stream(editRequest, editDelta, params, onDelta, signal);
  }

  /** A request whose answer comes in pieces before it comes whole. */
  async stream<Params extends { readonly partialResultToken: string }, Result, Delta>(
    type: RequestType<Params, Result, Problem>,
    delta: ProgressType<Delta>,
    params: Params,
    onDelta: (piece: Delta) => void,
    signal: AbortSignal,
  ): Promise<Result> {
    const client = await this.#connected();
    const deltas = client.onProgress(delta, params.partialResultToken, onDelta);
    try {
      return await this.ask(type, params, signal);
    } finally {
      deltas.dispose();
    }
  }

  /** Any other request; aborting the signal cancels it. */
  async ask<Params, Result, Data>(
    type: RequestType<Params, Result, Data> | RequestType0<Result, Data>,
    params?: Params,
    signal?: AbortSignal,
  ): Promise<Result> {
    const client = await this.#connected();
    const source = new CancellationTokenSource();
    const cancel = () => source.cancel();
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted) cancel();
    try {
      if (params === undefined) return await client.sendRequest<Result>(type.method, source.token);
      return await client.sendRequest<Result>(type.method, params, source.token);
    } finally {
      signal?.removeEventListener("abort", cancel);
      source.dispose();
    }
  }

  inspectModel(path: string): Promise<ModelFileInfo> {
    return this.ask(inspectModelRequest, { path });
  }

  /** What went into the prompt of the last completion; null before the first one. */
  completionContext(): Promise<CompletionContextReport | null> {
    return this.ask(completionContextRequest);
  }

  /** Begins to load a role's model, which is going to be used. Never rejects: the first request loads it, too. */
  async loadModel(role: ModelRole): Promise<void> {
    const client = await this.#running.promise;
    await client?.sendNotification(loadModel, { role }).catch(() => undefined);
  }

  /** Loads the models again that `of` names; without any, those that failed, or all. */
  reloadModel(of: ReloadParams = {}): Promise<void> {
    return this.ask(reloadModelRequest, of);
  }

  deleteSavedContexts(): Promise<void> {
    return this.ask(deleteSavedContextsRequest);
  }

  /** Never rejects: a server that is not there gets the settings when it starts. */
  async updateSettings(settings: ServerSettings): Promise<void> {
    try {
      await this.#client?.sendNotification(settingsChanged, settings);
    } catch (error) {
      this.#client?.error("The settings did not reach the language server.", error);
    }
  }

  /** Resolves when a new server runs, or was given up. Requests that wait for a server wait for the new one. */
  async restart(): Promise<void> {
    const life = this.#life;
    await this.#end();
    // Of several that ask at once, the first begins the new life: two would be two servers.
    if (this.#life === life && !this.#isDisposed) this.#life = this.#begin();
    await this.#running.promise;
  }

  /** Ends the server, which ends its model process. Resolves when the server is gone. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#end();
    this.#settle(undefined);
    this.#changeStatus.dispose();
    this.#countCompletions.dispose();
  }

  async #connected(): Promise<QuietLanguageClient> {
    const client = await this.#running.promise;
    if (!client) throw new UserError(l10n.t("Falcon's language server is not running."), { action: "restartServer" });
    return client;
  }

  #begin() {
    const end = new AbortController();
    return { end, ended: this.#live(end.signal) };
  }

  async #end(): Promise<void> {
    this.#life.end.abort();
    this.#disconnect();
    await this.#life.ended;
  }

  /** Runs one server after the other, until told to end or until they die too fast. */
  async #live(end: AbortSignal): Promise<void> {
    const deaths: number[] = [];
    for (;;) {
      const loaded = modelRoles.filter((role) => isInMemory(statusOf(this.#status, role)));
      this.#setStatus(startingStatus(this.#settings()));
      await this.#runServer(end, loaded);
      if (end.aborted) return;
      deaths.push(Date.now());
      const delay = restartDelay(deaths, Date.now());
      if (delay === undefined) {
        this.#giveUp();
        return;
      }
      this.#options.log.warn(`The language server ended. It starts again in ${delay} ms.`);
      if ((await wait(delay, end)) === "ended") return;
    }
  }

  /** Resolves when the server's process has ended, by itself or because it was told to. */
  async #runServer(end: AbortSignal, load: readonly ModelRole[]): Promise<void> {
    const settings = this.#settings();
    const client = createLanguageClient(this.#options, { settings, load }, () => this.#disconnect());
    const stop = () => void client.stop();
    end.addEventListener("abort", stop);
    client.onNotification(statusChanged, (status) => this.#setStatus(status));
    this.#options.listen(client);
    client.onNotification(completionsCounted, (added) => this.#countCompletions.fire(added));
    const stopped = new Promise<void>((resolve) => {
      client.onDidChangeState(({ newState }) => newState === State.Stopped && resolve());
    });
    try {
      await client.start();
      if (end.aborted) return;
      this.#client = client;
      this.#settle(client);
      if (this.#settings() !== settings) await this.updateSettings(this.#settings());
      this.#setStatus(await client.sendRequest(statusRequest));
      await stopped;
    } catch (error) {
      if (!end.aborted) client.error("The language server failed.", error);
    } finally {
      end.removeEventListener("abort", stop);
      this.#disconnect();
      await client.stop();
    }
  }

  /** From now on, requests wait for the next server. */
  #disconnect(): void {
    if (this.#isSettled) this.#running = Promise.withResolvers();
    this.#isSettled = false;
    this.#client = undefined;
  }

  #settle(client: QuietLanguageClient | undefined): void {
    this.#running.resolve(client);
    this.#isSettled = true;
  }

  #giveUp(): void {
    this.#settle(undefined);
    const message = l10n.t("Falcon's language server ended several times in a row. It was not started again.");
    this.#setStatus({ state: "failed", model: "Falcon", problem: { message, action: "restartServer" } });
  }

  #setStatus(status: ServerStatus): void {
    this.#status = status;
    this.#changeStatus.fire(status);
  }
}

/** Whether a model is there, or on its way: a server that takes the place of this one loads it, too. */
function isInMemory(status: ModelStatus): boolean {
  return status.state === "ready" ? !status.unloaded : status.state === "loading" && status.progress > 0;
}

/** What holds until the server has spoken. */
function startingStatus({ model, inlineCompletion, chat }: ServerSettings): ServerStatus {
  const note = l10n.t("Falcon's language server is starting");
  const loading = (path: string) => ({ state: "loading", model: basename(path), progress: 0, note }) as const;
  const [forCompletion, forChat] = [inlineCompletion.model ?? model.path, chat.model ?? model.path];
  const completion = loading(forCompletion);
  return forChat === forCompletion ? completion : { ...completion, chat: loading(forChat) };
}

/** Resolves after the time, or when told to end. */
function wait(milliseconds: number, end: AbortSignal): Promise<"waited" | "ended"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("waited"), milliseconds);
    const stop = () => {
      clearTimeout(timer);
      resolve("ended");
    };
    end.addEventListener("abort", stop, { once: true });
  });
}
