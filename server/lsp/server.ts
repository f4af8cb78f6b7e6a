// Maps the language server protocol to the assistant's functions, and nothing else.

import type { CancellationToken, Connection, InlineCompletionItem } from "vscode-languageserver";
import { InlineCompletionTriggerKind } from "vscode-languageserver";

import {
  chatDelta,
  chatRequest,
  completionAccepted,
  completionContextRequest,
  completionsCounted,
  contextUseRequest,
  performanceRequest,
  serverKeyRequest,
} from "../../src/shared/methods.ts";
import { untilAborted } from "../aborted.ts";
import { type Battery, settingsOn } from "../battery.ts";
import { answerChat } from "../chat/answerChat.ts";
import { measureContext } from "../chat/contextUse.ts";
import { TurnCounts } from "../chat/turnCounts.ts";
import { isLeftOut } from "../completion/ablation.ts";
import { Acceptance } from "../completion/acceptance/acceptance.ts";
import { InlineCompleter } from "../completion/completeInline.ts";
import type { Grammars } from "../syntax/grammars.ts";
import { CompletionContext } from "../completion/context/completionContext.ts";
import { CounterpartFiles } from "../completion/context/counterparts.ts";
import { ImportedFiles } from "../completion/context/imports.ts";
import { stillSays } from "../completion/context/stillSays.ts";
import { VisitedDocuments } from "../completion/context/visited.ts";
import { WorkspaceFiles } from "../completion/context/workspaceFiles.ts";
import { WorkspaceIndex } from "../completion/context/workspaceIndex.ts";
import { completionRequest, type CompletionSite } from "../completion/request.ts";
import type { CreateHost, CreateRemote } from "../models/session/roleModels.ts";
import type { NetworkSettings } from "../../src/shared/downloads.ts";
import { registerApi } from "./api.ts";
import { registerFineTuning } from "./finetune.ts";
import { Assistant, send, signalOf } from "./assistant.ts";
import { registerComparison } from "./comparison.ts";
import { listenToDocuments, type OpenDocuments } from "./documents.ts";
import { type LifeCycleOptions, registerLifeCycle } from "./lifeCycle.ts";
import { registerEdit } from "./edit.ts";
import { registerEvaluation } from "./evaluation.ts";
import { registerLanguageModel } from "./languageModel.ts";
import { registerModels } from "./models.ts";
import { registerProse } from "./prose.ts";
import {
  chatParams,
  completionAcceptedParams,
  contextUseParams,
  inlineCompletionParams,
  readParams,
} from "./params.ts";

export interface ServerDependencies extends LifeCycleOptions {
  readonly createHost: CreateHost;
  /** For work that nobody waits for. */
  readonly createBackgroundHost: CreateHost;
  /** Makes what reaches models of servers elsewhere; none can be had unless given. */
  readonly remote?: (access: RemoteAccess) => CreateRemote;
  readonly grammars: Grammars;
  readonly battery: Pick<Battery, "isDischarging">;
  /** The model that comes with the server, for a client that names none; undefined where there is none. */
  readonly bundledModel: string | undefined;
  /** Path of the bundle of the threads that convert weights. */
  readonly convertWorker: string;
  /** Folder of the built pages that the local API serves. */
  readonly pages: string;
  /** The folder of the scripts that fine-tune. */
  readonly fineTuning: string;
}

/** What the client says of the way to servers elsewhere. */
export interface RemoteAccess {
  /** The key of a server that has a name. */
  readonly key: (name: string) => Promise<string | undefined>;
  readonly network: () => NetworkSettings | undefined;
}

/** Serves a connection until it ends. The caller listens on it. */
export function startServer(
  connection: Connection,
  {
    createHost,
    createBackgroundHost,
    remote,
    grammars,
    battery,
    bundledModel = "",
    convertWorker,
    pages,
    fineTuning,
    ...options
  }: ServerDependencies,
): void {
  const createRemote = remote?.({
    key: (name) => askServerKey(connection, name),
    network: () => assistant.settings.network,
  });
  const hosts = { createHost, ...(createRemote && { createRemote }) };
  const assistant: Assistant = new Assistant(connection, hosts, bundledModel);
  registerLifeCycle(connection, assistant, options);
  const acceptance = new Acceptance((added) => {
    assistant.metrics.addCompletions(added);
    send(() => connection.sendNotification(completionsCounted, added));
  });
  const documents = listenToDocuments(connection, acceptance);
  registerInlineCompletion(connection, assistant, documents, acceptance, { grammars, battery });
  registerChat(connection, assistant, documents);
  registerEdit(connection, assistant, documents, grammars);
  registerLanguageModel(connection, assistant);
  registerProse(connection, assistant, documents, grammars);
  registerModels(connection, assistant, convertWorker);
  registerApi(connection, assistant, pages);
  registerFineTuning(connection, assistant, { convertWorker, scripts: fineTuning });
  registerEvaluation(connection, assistant, createBackgroundHost);
  connection.onRequest(performanceRequest, () => assistant.answer(() => assistant.metrics.performance));
  registerComparison(connection, assistant, { createHost: createBackgroundHost, grammars });
}

/** A client that knows nothing of keys has none. */
async function askServerKey(connection: Connection, name: string): Promise<string | undefined> {
  return (await connection.sendRequest(serverKeyRequest, { name }).catch(() => undefined)) ?? undefined;
}

function registerInlineCompletion(
  connection: Connection,
  assistant: Assistant,
  documents: OpenDocuments,
  acceptance: Acceptance,
  { grammars, battery }: Pick<ServerDependencies, "grammars" | "battery">,
): void {
  const visited = new VisitedDocuments(documents, () => assistant.folders);
  documents.onVisit((document) => visited.visit(document));
  const isAllowed = (uri: string) => !documents.urisOf(uri).some((each) => assistant.isExcluded(each));
  const files = new WorkspaceFiles({
    folders: () => assistant.trustedFolders,
    isAllowed,
    isVisited: (uri) => visited.has(documents.get(uri)?.uri ?? uri),
    openText: (uri) => documents.get(uri)?.getText(),
  });
  const index = new WorkspaceIndex(files);
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) visited.change(uri);
    index.change(changes.map(({ uri }) => uri));
  });
  const providers = [visited, new ImportedFiles(documents, files), new CounterpartFiles(files), index];
  const completionContext = new CompletionContext(providers, isAllowed, stillSays(documents, visited, files));
  const current = {
    get model() {
      return assistant.models.session("completion").model;
    },
    get queue() {
      return assistant.models.session("completion").queue;
    },
  };
  const parsers = isLeftOut("syntax") ? undefined : grammars;
  const completer = new InlineCompleter(current, completionContext, acceptance, parsers);
  const settings = () => settingsOn(battery, assistant.settings.inlineCompletion);
  connection.onRequest(completionContextRequest, () => assistant.answer(() => completionContext.report ?? null));

  const requestAt = (site: CompletionSite) =>
    completionRequest({ ...site, ...documents.otherCells(site.document.uri), folders: assistant.folders });
  const reportFault = (error: unknown) =>
    connection.console.error(`inline completion: ${error instanceof Error ? error.message : String(error)}`);

  /** The document that a request without a command has come for since its last key. */
  let asksAfterKeys: string | undefined;
  documents.onKey((document, cursor) => {
    const isGoingToAsk = asksAfterKeys === document.uri;
    asksAfterKeys = undefined;
    if (!isGoingToAsk || isLeftOut("ahead") || !isAllowed(document.uri)) return;
    const request = requestAt({ document, position: document.positionAt(cursor), automatic: true });
    settings()
      .then((each) => completer.begin(request, each))
      .catch(reportFault);
  });

  async function completeInline(params: unknown, token: CancellationToken): Promise<InlineCompletionItem[]> {
    const { textDocument, position, context } = readParams(inlineCompletionParams, params);
    const document = documents.get(textDocument.uri);
    if (!document || !isAllowed(textDocument.uri)) return [];
    const automatic = context.triggerKind === InlineCompletionTriggerKind.Automatic;
    if (automatic) asksAfterKeys = document.uri;
    const request = requestAt({ document, position, automatic, selectedCompletion: context.selectedCompletionInfo });
    const signal = signalOf(token);
    const session = assistant.models.session("completion");
    if (!session.model) {
      // Of one that is not there yet, what it asks of a place the least.
      const info = session.state.state === "ready" ? session.state.model : { infill: true };
      if (!(await completer.mayComplete(request, info, await settings()))) return [];
      await untilAborted(session.wake(), signal);
    }
    const completion = await completer.complete(request, await settings(), signal);
    if (!completion) return [];
    const { start, end } = request.range;
    const items = [completion, ...(completion.alternatives ?? [])].map(({ text, replacedLength }) => ({
      insertText: request.selected + text,
      range: { start, end: { line: end.line, character: end.character + replacedLength } },
    }));
    const texts = items.map(({ insertText }) => insertText);
    const number = acceptance.show(document, document.offsetAt(start), texts, request.selected.length);
    const command = { title: "", command: completionAccepted, arguments: [textDocument.uri, number] };
    return items.map((item) => ({ ...item, command }));
  }

  connection.onExecuteCommand((params) =>
    assistant.answer(() => {
      const [uri, number] = readParams(completionAcceptedParams, params).arguments;
      acceptance.accept(documents.get(uri), number);
    }),
  );

  connection.languages.inlineCompletion.on(async (params, token) => {
    // A rejection would be a message to the user at each key.
    try {
      return await completeInline(params, token);
    } catch (error) {
      reportFault(error);
      return [];
    }
  });
}

function registerChat(connection: Connection, assistant: Assistant, documents: OpenDocuments): void {
  const counts = new TurnCounts();
  connection.onRequest(chatRequest, (params, token) =>
    assistant.answer(() => {
      const { partialResultToken, ...asked } = readParams(chatParams, params);
      const onText = (text: string) => send(() => connection.sendProgress(chatDelta, partialResultToken, text));
      const isExcluded = (uri: string) => documents.urisOf(uri).some((each) => assistant.isExcluded(each));
      const models = { ready: () => assistant.models.ready(asked.role ?? "chat") };
      const options = { models, settings: assistant.settings.chat, counts, isExcluded };
      return answerChat(asked, options, onText, signalOf(token));
    }),
  );
  connection.onRequest(contextUseRequest, (params, token) =>
    assistant.answer(() => {
      const asked = readParams(contextUseParams, params);
      const { model } = assistant.models.session("chat");
      return model
        ? measureContext(asked, { model, settings: assistant.settings.chat, counts }, signalOf(token))
        : null;
    }),
  );
}
