// What the parts of the server share: the models, what the client sent last, and how a request is answered.

import {
  type CancellationToken,
  type Connection,
  ErrorCodes,
  LSPErrorCodes,
  ResponseError,
} from "vscode-languageserver";

import { problemCode, statusChanged } from "../../src/shared/methods.ts";
import type { ModelRole } from "../../src/shared/modelRoles.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { untilAborted } from "../aborted.ts";
import { chatMarkers } from "../chat/formats.ts";
import type { Model } from "../engine/engine.ts";
import { keyOf, type SessionSettings, settingsOf } from "../models/session/backend.ts";
import { RoleModels, type RoleModelsOptions } from "../models/session/roleModels.ts";
import { matchExcludedRealFiles } from "../realFile.ts";
import { OpenTelemetry } from "../metrics/openTelemetry.ts";
import { ServerMetrics } from "../metrics/registry.ts";
import { UserError } from "../userError.ts";
import { readSettings } from "./settings.ts";

export class Assistant {
  readonly models: RoleModels;
  readonly metrics = new ServerMetrics();
  /** Requests are taken from `initialize` to `shutdown`. */
  phase: "starting" | "serving" | "ended" = "starting";
  /** What ghost text has in the place of what the settings say, while it is tried; settings that come meanwhile leave it. */
  trial: SessionSettings | undefined;
  /** URIs of the workspace folders. */
  folders: readonly string[] = [];
  /** What is done before the server ends. */
  readonly endings: (() => Promise<void>)[] = [];
  readonly #openTelemetry: OpenTelemetry;
  readonly #bundledModel: string;
  #settings = readSettings(undefined, () => undefined);
  #isExcluded = matchExcludedRealFiles(this.#settings.excludedFiles);

  /** @param bundledModel the model of a client that names none; empty where there is none */
  constructor(
    connection: Connection,
    hosts: Pick<RoleModelsOptions, "createHost" | "createRemote">,
    bundledModel: string,
  ) {
    this.#bundledModel = bundledModel;
    const log = (line: string) => connection.console.log(line);
    this.#openTelemetry = new OpenTelemetry(log);
    this.endings.push(this.#openTelemetry.stop);
    const { metrics } = this;
    this.models = new RoleModels({
      ...hosts,
      markers: chatMarkers,
      log,
      events: {
        onLoad: metrics.onLoad,
        onRequest: (ended) => {
          metrics.onRequest(ended);
          this.#openTelemetry.onRequest(ended);
        },
      },
      onStatus: () => send(() => connection.sendNotification(statusChanged, this.models.status)),
    });
  }

  /** As the client sent them last. */
  get settings(): ServerSettings {
    return this.#settings;
  }

  set settings(settings: ServerSettings) {
    this.#settings = settings;
    this.#isExcluded = matchExcludedRealFiles(settings.excludedFiles);
    this.#openTelemetry.use(settings.openTelemetry?.endpoint);
  }

  /**
   * From now on the models are those that the settings name.
   * @param load the roles whose models are loaded before they are asked for anything
   */
  useModels(load: readonly ModelRole[] = []): void {
    const [completion, chat] = [this.sessionSettings("completion"), this.sessionSettings("chat")];
    const { trial } = this;
    // The model of both roles is one, and is tried for both.
    const isOne = trial && keyOf(chat) === keyOf(trial);
    this.models.use({ completion: trial ?? completion, chat: isOne ? trial : chat }, load);
  }

  /** What a role's model is loaded by, as the settings say. */
  sessionSettings(role: ModelRole): SessionSettings {
    return settingsOf(role, this.#settings, this.#bundledModel);
  }

  /**
   * The model of a role once it is loaded. Who cancels a request does not wait for that.
   * @throws UserError when there is none; AbortError when the signal fires before
   */
  async ready(role: ModelRole, signal: AbortSignal): Promise<Model> {
    const model = await untilAborted(this.models.ready(role), signal);
    if (!model) throw new DOMException("The request was cancelled while the model was loading.", "AbortError");
    return model;
  }

  /** The file of a role's model on this machine. */
  modelPath(role: ModelRole): string {
    return this.sessionSettings(role).path;
  }

  /** The workspace folders of which files may be read that are not open. */
  get trustedFolders(): readonly string[] {
    return this.#settings.readWorkspace === true ? this.folders : [];
  }

  /** Whether the settings name a document's file, or one that a link leads to, as one that is neither completed nor saved. */
  isExcluded(uri: string): boolean {
    return this.#isExcluded(uri);
  }

  /**
   * Answers a request. What the user can mend goes to the client as a problem, and everything else as the bug that it is.
   * @throws ResponseError
   */
  async answer<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.phase === "starting") throw new ResponseError(ErrorCodes.ServerNotInitialized, "initialize comes first.");
    if (this.phase === "ended") throw new ResponseError(ErrorCodes.InvalidRequest, "The server was shut down.");
    try {
      return await work();
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      if (error instanceof UserError) throw new ResponseError(problemCode, error.message, error.toProblem());
      if (error instanceof Error && error.name === "AbortError") {
        throw new ResponseError(LSPErrorCodes.RequestCancelled, error.message);
      }
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new ResponseError(ErrorCodes.InternalError, message);
    }
  }
}

/** Sends a message that needs no answer. When the client is gone it cannot be sent, and the server ends. */
export function send(message: () => Promise<void>): void {
  try {
    message().catch(() => undefined);
  } catch {
    // The connection is closed already.
  }
}

export function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
