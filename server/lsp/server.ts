// Maps the language server protocol to the assistant's functions, and nothing else.

import {
  type CancellationToken,
  type Connection,
  DidChangeWorkspaceFoldersNotification,
  ErrorCodes,
  type InitializeResult,
  type InlineCompletionItem,
  type InlineCompletionParams,
  InlineCompletionTriggerKind,
  ResponseError,
  TextDocumentSyncKind,
} from "vscode-languageserver";

import { matchExcludedFiles } from "../../src/shared/excludedFiles.ts";
import {
  chatDelta,
  chatRequest,
  inspectModelRequest,
  problemCode,
  reloadModelRequest,
  settingsChanged,
  statusChanged,
  statusRequest,
} from "../../src/shared/methods.ts";
import type { Problem, ServerSettings, ServerStatus } from "../../src/shared/protocol.ts";
import { answerChat } from "../chat/answerChat.ts";
import { chatMarkers } from "../chat/formats.ts";
import { TurnCounts } from "../chat/turnCounts.ts";
import { InlineCompleter } from "../completion/completeInline.ts";
import { completionRequest } from "../completion/request.ts";
import type { ModelHost } from "../engine/engine.ts";
import { RecentUsage } from "../metrics/metrics.ts";
import { inspectModel } from "../models/files/inspectModel.ts";
import { ModelSession } from "../models/session/modelSession.ts";
import { UserError } from "../userError.ts";
import { listenToDocuments } from "./documents.ts";
import { readOptions, readSettings } from "./settings.ts";

export interface ServerDependencies {
  readonly createHost: (log: (line: string) => void, onDied: (reason: string) => void) => ModelHost;
  /** Sets the messages of the user's language. */
  readonly useMessages: (messages: Readonly<Record<string, string>>) => void;
}

/** What the parts of the server share. */
interface Assistant {
  readonly session: ModelSession;
  /** How the model stands, and how fast it is. */
  readonly status: () => ServerStatus;
  /** As the client sent them last. */
  settings: ServerSettings;
  /** URIs of the workspace folders. */
  folders: readonly string[];
}

/** Serves a connection until it ends. The caller listens on it. */
export function startServer(connection: Connection, dependencies: ServerDependencies): void {
  const assistant = createAssistant(connection, dependencies);
  registerLifeCycle(connection, assistant, dependencies);
  registerFolders(connection, assistant);
  registerInlineCompletion(connection, assistant);
  registerChat(connection, assistant);
  registerModels(connection, assistant);
}

function createAssistant(connection: Connection, { createHost }: ServerDependencies): Assistant {
  const log = (line: string) => connection.console.log(line);
  const host = createHost(log, (reason) => session.hostDied(reason));
  const usage = new RecentUsage();
  const session = new ModelSession({
    host,
    markers: chatMarkers,
    log,
    onStatus: () => void connection.sendNotification(statusChanged, status()),
    onUsage: (used, model) => usage.add(used, model),
  });
  const status = (): ServerStatus => {
    const { state, queue } = session;
    if (state.state !== "ready") return state;
    const { memory } = host;
    const metrics = { ...usage.of(state.model), ...(memory !== undefined && { memory }), queue };
    return { ...state, generating: queue > 0, metrics };
  };
  return { session, status, settings: readSettings(undefined, log), folders: [] };
}

function registerLifeCycle(connection: Connection, assistant: Assistant, { useMessages }: ServerDependencies): void {
  const warn = (message: string) => connection.console.warn(message);
  connection.onInitialize(({ initializationOptions, workspaceFolders }): InitializeResult => {
    const { settings, messages } = readOptions(initializationOptions, warn);
    if (messages) useMessages(messages);
    assistant.settings = settings;
    assistant.folders = workspaceFolders?.map(({ uri }) => uri) ?? [];
    return {
      capabilities: {
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
        textDocumentSync: TextDocumentSyncKind.Incremental,
        notebookDocumentSync: { notebookSelector: [{ notebook: "*", cells: [{ language: "*" }] }] },
        inlineCompletionProvider: true,
      },
    };
  });
  connection.onInitialized(() => void assistant.session.use(assistant.settings.model));
  connection.onNotification(settingsChanged, (changed) => {
    assistant.settings = readSettings(changed, warn);
    void assistant.session.use(assistant.settings.model);
  });
  connection.onShutdown(() => assistant.session.dispose());
}

function registerFolders(connection: Connection, assistant: Assistant): void {
  connection.onNotification(DidChangeWorkspaceFoldersNotification.type, ({ event: { added, removed } }) => {
    const gone = new Set(removed.map(({ uri }) => uri));
    assistant.folders = [...assistant.folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
  });
}

function registerInlineCompletion(connection: Connection, assistant: Assistant): void {
  const documents = listenToDocuments(connection);
  const completer = new InlineCompleter(assistant.session);

  async function completeInline(
    { textDocument, position, context }: InlineCompletionParams,
    token: CancellationToken,
  ): Promise<InlineCompletionItem[]> {
    const document = documents.get(textDocument.uri);
    if (!document || matchExcludedFiles(assistant.settings.excludedFiles)(textDocument.uri)) return [];
    assistant.session.wake();
    const request = completionRequest({
      document,
      position,
      automatic: context.triggerKind === InlineCompletionTriggerKind.Automatic,
      selectedCompletion: context.selectedCompletionInfo,
      preceding: documents.precedingCells(textDocument.uri),
      folders: assistant.folders,
    });
    const completion = await completer.complete(request, assistant.settings.inlineCompletion, signalOf(token));
    if (!completion) return [];
    const { start, end } = request.range;
    return [
      {
        insertText: request.selected + completion.text,
        range: { start, end: { line: end.line, character: end.character + completion.replacedLength } },
      },
    ];
  }

  connection.languages.inlineCompletion.on(async (params, token) => {
    // A rejection would be a message to the user at each key.
    try {
      return await completeInline(params, token);
    } catch (error) {
      connection.console.error(`inline completion: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
}

function registerChat(connection: Connection, assistant: Assistant): void {
  const counts = new TurnCounts();
  connection.onRequest(chatRequest, ({ partialResultToken, ...params }, token) => {
    const onText = (text: string) => void connection.sendProgress(chatDelta, partialResultToken, text);
    const options = { models: assistant.session, settings: assistant.settings.chat, counts };
    return orProblem(answerChat(params, options, onText, signalOf(token)));
  });
}

function registerModels(connection: Connection, { session, status }: Assistant): void {
  connection.onRequest(statusRequest, status);
  connection.onRequest(reloadModelRequest, () => session.reload());
  // Wrapped in a promise, so that what it throws is a rejection.
  connection.onRequest(inspectModelRequest, ({ path }) => orProblem(Promise.resolve().then(() => inspectModel(path))));
}

/** Sends what the user can mend to the client as a problem, and everything else as the bug that it is. */
async function orProblem<T>(result: Promise<T>): Promise<T | ResponseError<Problem>> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof UserError) return new ResponseError(problemCode, error.message, error.toProblem());
    return new ResponseError<Problem>(
      ErrorCodes.InternalError,
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  }
}

function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
