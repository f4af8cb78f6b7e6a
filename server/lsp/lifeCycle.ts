// The server's life, from `initialize` to `shutdown`, and what the client tells it of its settings and folders meanwhile.

import {
  type Connection,
  DidChangeWorkspaceFoldersNotification,
  ErrorCodes,
  type InitializeResult,
  PositionEncodingKind,
  ResponseError,
  TextDocumentSyncKind,
} from "vscode-languageserver";

import { completionAccepted, settingsChanged } from "../../src/shared/methods.ts";
import { expireSavedContexts } from "../models/session/savedContexts.ts";
import type { Assistant } from "./assistant.ts";
import { followConfiguration } from "./configuration.ts";
import { readFolders, readOptions, readSettings } from "./settings.ts";
import { watchFiles } from "./watchedFiles.ts";

export interface LifeCycleOptions {
  /** Sets the messages of the user's language. */
  readonly useMessages: (messages: Readonly<Record<string, string>>) => void;
}

export function registerLifeCycle(connection: Connection, assistant: Assistant, options: LifeCycleOptions): void {
  const { models } = assistant;
  const warn = (message: string) => connection.console.warn(message);
  const useSettings = (given: unknown) => {
    if (assistant.phase !== "serving") return;
    assistant.settings = readSettings(given, warn);
    assistant.useModels();
  };
  let stopExpiring = () => {};

  connection.onInitialize((params) => {
    if (assistant.phase !== "starting")
      return new ResponseError(ErrorCodes.InvalidRequest, "`initialize` came before.");
    const { settings, messages, load } = readOptions(params.initializationOptions, warn);
    if (messages) options.useMessages(messages);
    assistant.settings = settings;
    assistant.folders = readFolders(params);
    assistant.phase = "serving";
    followFolders(connection, assistant);
    const askForSettings = followConfiguration(connection, params, useSettings);
    watchFiles(connection, params);
    // The server may send nothing before its answer. A client that never says `initialized` gets its model, too.
    setImmediate(() => {
      void askForSettings().then(() => {
        if (assistant.phase !== "serving") return;
        stopExpiring = expireSavedContexts(() => assistant.settings.model.promptCache, warn);
        assistant.useModels(load);
      });
    });
    return {
      capabilities: {
        // Every client has to know it, and it is how the documents here count.
        positionEncoding: PositionEncodingKind.UTF16,
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
        textDocumentSync: TextDocumentSyncKind.Incremental,
        notebookDocumentSync: { notebookSelector: [{ notebook: "*", cells: [{ language: "*" }] }] },
        inlineCompletionProvider: true,
        executeCommandProvider: { commands: [completionAccepted] },
      },
    } satisfies InitializeResult;
  });

  connection.onNotification(settingsChanged, useSettings);

  connection.onShutdown(async () => {
    assistant.phase = "ended";
    stopExpiring();
    await Promise.all([models.dispose(), ...assistant.endings.map((end) => end())]);
  });
}

/** For clients that announce the capability the library registers a handler of its own during `initialize`: this comes after. */
function followFolders(connection: Connection, assistant: Assistant): void {
  connection.onNotification(DidChangeWorkspaceFoldersNotification.type, ({ event: { added, removed } }) => {
    const gone = new Set(removed.map(({ uri }) => uri));
    assistant.folders = [...assistant.folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
  });
}
