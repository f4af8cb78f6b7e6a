// The names of our own LSP methods, each written once, with their types.

import {
  NotificationType,
  ParameterStructures,
  ProgressType,
  RequestType,
  RequestType0,
} from "vscode-languageserver-protocol";

import type { ApiAddress, ApiParams } from "./api.ts";
import type { ContextUse, ContextUseParams } from "./chatContext.ts";
import type { CompletionContextReport } from "./completionContext.ts";
import type {
  Download,
  DownloadedFile,
  DownloadParams,
  ImportParams,
  StoredModel,
  UnfinishedDownload,
} from "./downloads.ts";
import type { EditParams, EditResult } from "./edit.ts";
import type { CompareParams, EvaluateParams, EvaluationComparison, EvaluationStep } from "./evaluation.ts";
import type { ChatModel, CountTokensParams } from "./languageModel.ts";
import type { DigestParams, DigestResult, ProsePart, RewriteProseParams, RewriteProseResult } from "./prose.ts";
import type { ModelRole, ReloadParams } from "./modelRoles.ts";
import type {
  CatalogueParams,
  CatalogueRow,
  ConvertParams,
  ModelChoice,
  OriginalFiles,
  PlanModelParams,
} from "./models.ts";
import type { PerformanceHistory } from "./performance.ts";
import type { ChatParams, ChatResult } from "./chat.ts";
import type { ServerSettings } from "./serverSettings.ts";
import type { ModelFileInfo } from "./models.ts";
import type { CompletionFigures, Problem, ServerStatus } from "./status.ts";

/** Answers the last message of a conversation. Fails with a `ResponseError` whose data is a `Problem`. */
export const chatRequest = new RequestType<ChatParams, ChatResult, Problem>("falcon/chat", ParameterStructures.byName);

/** What a question would take of the model's context; null while no model is in memory. */
export const contextUseRequest = new RequestType<ContextUseParams, ContextUse | null, void>(
  "falcon/contextUse",
  ParameterStructures.byName,
);

/** A piece of a running answer. */
export const chatDelta = new ProgressType<string>();

/** Rewrites a text as a command says. Fails with a `Problem`. */
export const editRequest = new RequestType<EditParams, EditResult, Problem>("falcon/edit", ParameterStructures.byName);

/** A piece of the new text. */
export const editDelta = new ProgressType<string>();

/** The loaded models that VS Code's own chat can run on; where both roles have the same model, it is the chat's. */
export const chatModelsRequest = new RequestType0<readonly ChatModel[], void>("falcon/chatModels");

/** How many tokens a text has for a role's model. Fails with a `Problem` when there is none. */
export const countTokensRequest = new RequestType<CountTokensParams, number, Problem>(
  "falcon/countTokens",
  ParameterStructures.byName,
);

/** Rewrites the prose of a document, paragraph by paragraph. Fails with a `Problem`. */
export const rewriteProseRequest = new RequestType<RewriteProseParams, RewriteProseResult, Problem>(
  "falcon/rewriteProse",
  ParameterStructures.byName,
);

/** A part of the document that is done. */
export const prosePart = new ProgressType<ProsePart>();

/** Writes a new text about a text. Fails with a `Problem`. */
export const digestRequest = new RequestType<DigestParams, DigestResult, Problem>(
  "falcon/digest",
  ParameterStructures.byName,
);

/** How much of a digest is done, from 0 to 1. */
export const digestProgress = new ProgressType<number>();

/** Codes of the languages that the chat's model writes. Fails with a `Problem` where there is no model. */
export const proseLanguagesRequest = new RequestType0<readonly string[], Problem>("falcon/proseLanguages");

export const statusRequest = new RequestType0<ServerStatus, void>("falcon/status");

export const statusChanged = new NotificationType<ServerStatus>("falcon/statusChanged");

/** Reads a model file's header without loading the model. Fails with a `Problem` that names the file and the cause. */
export const inspectModelRequest = new RequestType<{ path: string }, ModelFileInfo, Problem>(
  "falcon/inspectModel",
  ParameterStructures.byName,
);

/** Every Falcon model, with what of it fits this machine and how fast it is here. */
export const catalogueRequest = new RequestType<CatalogueParams, readonly CatalogueRow[], void>(
  "falcon/catalogue",
  ParameterStructures.byName,
);

/** Asks the hub which files the original weights of a repository are, for a download and a conversion. */
export const originalFilesRequest = new RequestType<{ repository: string }, OriginalFiles, Problem>(
  "falcon/originalFiles",
  ParameterStructures.byName,
);

/**
 * Converts original weights, and answers with the path of the model file. Cancelled, it leaves nothing behind; what it has
 * deleted of the weights, where it was asked to, is gone.
 */
export const convertRequest = new RequestType<ConvertParams, { path: string }, Problem>(
  "falcon/convert",
  ParameterStructures.byName,
);

/** How much of a conversion is done, from 0 to 1. */
export const convertProgress = new ProgressType<number>();

/** Holds an adapter's file against a model's. Fails with a `Problem` that says why it does not fit. */
export const inspectAdapterRequest = new RequestType<{ path: string; model: string }, void, Problem>(
  "falcon/inspectAdapter",
  ParameterStructures.byName,
);

/** What a model file needs of this machine, by its header, which is read from the hub before a download. */
export const planModelRequest = new RequestType<PlanModelParams, ModelChoice, Problem>(
  "falcon/planModel",
  ParameterStructures.byName,
);

/** A role's model is going to be used: it is loaded, unless it is or cannot be. */
export const loadModel = new NotificationType<{ readonly role: ModelRole }>(
  "falcon/loadModel",
  ParameterStructures.byName,
);

/** Loads models again: a role's unless it is loaded as its file is now, a server's with the key that it has now. */
export const reloadModelRequest = new RequestType<ReloadParams, void, void>(
  "falcon/reloadModel",
  ParameterStructures.byName,
);

/**
 * Downloads files into the models folder, and answers when they are there. Cancelled, it leaves the queue, and what was
 * received stays on the disk: the next request for the same files goes on with it.
 */
export const downloadRequest = new RequestType<DownloadParams, readonly DownloadedFile[], Problem>(
  "falcon/download",
  ParameterStructures.byName,
);

/** Pauses a download of the queue, whose request stays open. */
export const pauseDownloadRequest = new RequestType<Pick<Download, "id">, void, Problem>(
  "falcon/pauseDownload",
  ParameterStructures.byName,
);

export const resumeDownloadRequest = new RequestType<Pick<Download, "id">, void, Problem>(
  "falcon/resumeDownload",
  ParameterStructures.byName,
);

/** All downloads of the queue, at each change of one. */
export const downloadsChanged = new NotificationType<readonly Download[]>("falcon/downloadsChanged");

/** The models on the disk that can be loaded. */
export const storedModelsRequest = new RequestType0<readonly StoredModel[], Problem>("falcon/storedModels");

/** What is on the disk of downloads that ended before they were whole. */
export const unfinishedDownloadsRequest = new RequestType0<readonly UnfinishedDownload[], Problem>(
  "falcon/unfinishedDownloads",
);

/** Deletes a model of the models folder, what there is of an unfinished one, or a file of original weights, and answers how many bytes that has freed. */
export const deleteModelRequest = new RequestType<Pick<StoredModel, "path">, { readonly freed: number }, Problem>(
  "falcon/deleteModel",
  ParameterStructures.byName,
);

/** Copies or links a model file into the models folder. */
export const importModelRequest = new RequestType<ImportParams, StoredModel, Problem>(
  "falcon/importModel",
  ParameterStructures.byName,
);

/** The server asks for the hub's access token, when the hub gives a file to accounts alone. */
export const hubTokenRequest = new RequestType0<string | null, void>("falcon/hubToken");

/** The server asks for the key of the server elsewhere that has the name; null where none was set. */
export const serverKeyRequest = new RequestType<{ name: string }, string | null, void>(
  "falcon/serverKey",
  ParameterStructures.byName,
);

/** Deletes what the prompt cache keeps on disk. Fails with a `Problem` that names the folder and the cause. */
export const deleteSavedContextsRequest = new RequestType0<void, Problem>("falcon/deleteSavedContexts");

/** What is to be added to the figures of ghost text. */
export const completionsCounted = new NotificationType<Partial<CompletionFigures>>("falcon/completionsCounted");

/** The command of an inline completion item, which an editor runs when it was accepted: its document and its number. */
export const completionAccepted = "falcon.completionAccepted";

/** What went into the prompt of the last completion from other places; null before the first one. */
export const completionContextRequest = new RequestType0<CompletionContextReport | null, void>(
  "falcon/completionContext",
);

/**
 * Serves the models to other programs of this machine, in the place of where they were served before. Fails with a `Problem`
 * when the port cannot be had.
 */
export const startApiRequest = new RequestType<ApiParams, ApiAddress, Problem>(
  "falcon/startApi",
  ParameterStructures.byName,
);

/** A code behind the address of the local API's page, for which that gets the token once. Null where it does not run. */
export const pageCodeRequest = new RequestType0<string | null, Problem>("falcon/pageCode");

export const stopApiRequest = new RequestType0<void, void>("falcon/stopApi");

/** What was measured in the last hour. */
export const performanceRequest = new RequestType0<PerformanceHistory, void>("falcon/performance");

/** New settings, whole. */
export const settingsChanged = new NotificationType<ServerSettings>("falcon/settingsChanged");

/** Code of a `ResponseError` whose data is a `Problem`. Outside the ranges that JSON-RPC and LSP reserve. */
export const problemCode = 1;

/**
 * Measures a model with tests. The answer comes when all are done, or it was cancelled: the same request goes on. Fails with a
 * `Problem`.
 */
export const evaluateRequest = new RequestType<EvaluateParams, null, Problem>(
  "falcon/evaluate",
  ParameterStructures.byName,
);

/** How far an evaluation is. */
export const evaluationProgress = new ProgressType<EvaluationStep>();

/** Compares the answers of two models. Fails with a `Problem`. */
export const compareEvaluationsRequest = new RequestType<CompareParams, EvaluationComparison, Problem>(
  "falcon/compareEvaluations",
  ParameterStructures.byName,
);
