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
import type { InitializationOptions, Problem, ServerSettings } from "../../src/shared/protocol.ts";
import { answerChat } from "../chat/answerChat.ts";
import { chatMarkers } from "../chat/formats.ts";
import { InlineCompleter } from "../completion/completeInline.ts";
import { completionRequest } from "../completion/request.ts";
import { listenToDocuments } from "./documents.ts";
import type { Engine } from "../engine/engine.ts";
import { UserError } from "../userError.ts";
import { inspectModel } from "../models/files/inspectModel.ts";
import { ModelSession } from "../models/session/modelSession.ts";

export interface ServerDependencies {
  readonly createEngine: (log: (line: string) => void, onDied: (reason: string) => void) => Engine;
  /** Sets the messages of the user's language. */
  readonly useMessages: (messages: Readonly<Record<string, string>>) => void;
}

/** Serves a connection until it ends. The caller listens on it. */
export function startServer(connection: Connection, { createEngine, useMessages }: ServerDependencies): void {
  const documents = listenToDocuments(connection);
  const log = (line: string) => connection.console.log(line);
  const engine = createEngine(log, (reason) => session.engineDied(reason));
  const session = new ModelSession({
    engine,
    markers: chatMarkers,
    log,
    onStatus: (status) => void connection.sendNotification(statusChanged, status),
  });
  const completer = new InlineCompleter(session);
  let settings: ServerSettings;
  let folders: readonly string[] = [];

  connection.onInitialize(({ initializationOptions, workspaceFolders }): InitializeResult => {
    const options = initializationOptions as InitializationOptions;
    if (options.messages) useMessages(options.messages);
    settings = options.settings;
    folders = workspaceFolders?.map(({ uri }) => uri) ?? [];
    return {
      capabilities: {
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
        textDocumentSync: TextDocumentSyncKind.Incremental,
        notebookDocumentSync: { notebookSelector: [{ notebook: "*", cells: [{ language: "*" }] }] },
        inlineCompletionProvider: true,
      },
    };
  });
  connection.onInitialized(() => void session.use(settings.model));
  connection.onNotification(DidChangeWorkspaceFoldersNotification.type, ({ event: { added, removed } }) => {
    const gone = new Set(removed.map(({ uri }) => uri));
    folders = [...folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
  });
  connection.onNotification(settingsChanged, (changed) => {
    settings = changed;
    void session.use(changed.model);
  });
  connection.onShutdown(() => session.dispose());

  connection.languages.inlineCompletion.on(async (params, token) => {
    // A rejection would be a message to the user at each key.
    try {
      return await completeInline(params, token);
    } catch (error) {
      connection.console.error(`inline completion: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });

  async function completeInline(
    { textDocument, position, context }: InlineCompletionParams,
    token: CancellationToken,
  ): Promise<InlineCompletionItem[]> {
    const document = documents.get(textDocument.uri);
    if (!document) return [];
    session.wake();
    const request = completionRequest({
      document,
      position,
      automatic: context.triggerKind === InlineCompletionTriggerKind.Automatic,
      selectedCompletion: context.selectedCompletionInfo,
      preceding: documents.precedingCells(textDocument.uri),
      folders,
    });
    const completion = await completer.complete(request, settings.inlineCompletion, signalOf(token));
    if (!completion) return [];
    const { start, end } = request.range;
    return [
      {
        insertText: request.selected + completion.text,
        range: { start, end: { line: end.line, character: end.character + completion.covered } },
      },
    ];
  }

  connection.onRequest(chatRequest, ({ messages, partialResultToken }, token) => {
    const onText = (text: string) => void connection.sendProgress(chatDelta, partialResultToken, text);
    return orProblem(answerChat(messages, { session, settings: settings.chat }, onText, signalOf(token)));
  });
  connection.onRequest(statusRequest, () => session.status);
  connection.onRequest(reloadModelRequest, () => session.reload());
  // Wrapped in a promise, so that what it throws is a rejection.
  connection.onRequest(inspectModelRequest, ({ path }) => orProblem(Promise.resolve().then(() => inspectModel(path))));
}

/** What the user can mend goes to the client as a problem; everything else as the bug that it is. */
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
