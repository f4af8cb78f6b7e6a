// Maps the protocol's methods about models to the functions of models/.

import path from "node:path";
import type { CancellationToken, Connection } from "vscode-languageserver";

import {
  catalogueRequest,
  deleteModelRequest,
  convertProgress,
  convertRequest,
  deleteSavedContextsRequest,
  downloadRequest,
  downloadsChanged,
  importModelRequest,
  inspectAdapterRequest,
  inspectModelRequest,
  loadModel,
  originalFilesRequest,
  pauseDownloadRequest,
  planModelRequest,
  reloadModelRequest,
  resumeDownloadRequest,
  statusRequest,
  storedModelsRequest,
  unfinishedDownloadsRequest,
} from "../../src/shared/methods.ts";
import type { ModelRole } from "../../src/shared/modelRoles.ts";
import { catalogue } from "../models/catalogue/catalogue.ts";
import { catalogueRows, planFor } from "../models/catalogue/rows.ts";
import { convertFolder, hasNewerWeights } from "../models/convert/convertFolder.ts";
import { downloadFiles } from "../models/download/downloadFiles.ts";
import { DownloadQueue } from "../models/download/downloadQueue.ts";
import { fileAddress } from "../models/download/hub.ts";
import type { Access } from "../models/download/openAddress.ts";
import { findOriginalFiles } from "../models/download/originalFiles.ts";
import { readRemote } from "../models/download/readRemote.ts";
import { wait } from "../models/download/waiting.ts";
import { inspectAdapter } from "../models/files/inspectAdapter.ts";
import { inspectModel } from "../models/files/inspectModel.ts";
import { NameTaken } from "../models/files/newFile.ts";
import { type FilePlan, planRemoteFile } from "../models/plan/plannedFile.ts";
import { ThisMachine } from "../models/plan/thisMachine.ts";
import { deleteSavedContexts } from "../models/session/savedContexts.ts";
import { deleteDraftsBelow } from "../models/store/deleteDrafts.ts";
import { checkIsInModelsFolder, deleteModel } from "../models/store/deleteModel.ts";
import { importModel } from "../models/store/importModel.ts";
import { listModels } from "../models/store/listModels.ts";
import { listUnfinished } from "../models/store/listUnfinished.ts";
import { openModelsFolder } from "../models/store/modelsFolder.ts";
import { withAccess } from "./access.ts";
import { type Assistant, send, signalOf } from "./assistant.ts";
import { downloadCuda, isCuda, registerCuda } from "./cuda.ts";
import {
  adapterParams,
  catalogueParams,
  convertParams,
  downloadId,
  downloadParams,
  importParams,
  loadParams,
  modelPath,
  originalFilesParams,
  planModelParams,
  readParams,
  reloadParams,
} from "./params.ts";

export function registerModels(connection: Connection, assistant: Assistant, convertWorker: string): void {
  const { models } = assistant;
  connection.onRequest(statusRequest, () => assistant.answer(() => models.status));
  connection.onNotification(loadModel, (params) => {
    if (assistant.phase === "serving") models.load(readParams(loadParams, params).role);
  });
  connection.onRequest(reloadModelRequest, (params) =>
    assistant.answer(() => models.reload(readParams(reloadParams, params))),
  );
  connection.onRequest(inspectModelRequest, (params) =>
    assistant.answer(() => inspectModel(readParams(modelPath, params).path)),
  );
  connection.onRequest(inspectAdapterRequest, (params) =>
    assistant.answer(() => {
      const { path, model } = readParams(adapterParams, params);
      inspectAdapter(path, model);
    }),
  );
  connection.onRequest(deleteSavedContextsRequest, () =>
    assistant.answer(() => deleteSavedContexts(assistant.settings.model.promptCache)),
  );
  registerCatalogue(connection, assistant);
  const writing = new AbortedAtEnd(assistant);
  registerStore(connection, assistant, writing);
  registerDownloads(connection, assistant);
  registerConversion(connection, assistant, writing, convertWorker);
  registerCuda(connection, assistant);
}

/** Work that writes files for long: it is aborted before the server ends, so that it leaves none that is not whole. */
class AbortedAtEnd {
  readonly #end = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(assistant: Assistant) {
    assistant.endings.push(async () => {
      this.#end.abort();
      await Promise.allSettled(this.#running);
    });
  }

  async run<T>(token: CancellationToken, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = work(AbortSignal.any([signalOf(token), this.#end.signal]));
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

function registerConversion(
  connection: Connection,
  assistant: Assistant,
  writing: AbortedAtEnd,
  workerPath: string,
): void {
  connection.onRequest(originalFilesRequest, (params, token) =>
    assistant.answer(() => {
      const { repository } = readParams(originalFilesParams, params);
      const folder = assistant.settings.models?.folder;
      return withAccess(connection, assistant, signalOf(token), (access, signal) =>
        findOriginalFiles(repository, folder, access, signal),
      );
    }),
  );
  connection.onRequest(convertRequest, (params, token) =>
    assistant.answer(async () => {
      const { folder, type, deletesWeights = false, progressToken } = readParams(convertParams, params);
      if (deletesWeights) checkIsInModelsFolder(folder, assistant.settings.models ?? {});
      const file = path.join(folder, `${path.basename(folder)}-${type}.gguf`);
      const onProgress = (fraction: number) => {
        if (progressToken === undefined) return;
        send(() => connection.sendProgress(convertProgress, progressToken, fraction));
      };
      try {
        const options = { workerPath, deletesWeights, onProgress };
        await writing.run(token, (signal) => convertFolder(folder, file, type, { ...options, signal }));
      } catch (error) {
        // Another window has made it of the same weights meanwhile.
        if (!(error instanceof NameTaken) || hasNewerWeights(folder, file)) throw error;
        inspectModel(file);
      }
      return { path: file };
    }),
  );
}

function registerCatalogue(connection: Connection, assistant: Assistant): void {
  const machine = new ThisMachine();
  connection.onRequest(catalogueRequest, (params) =>
    assistant.answer(async () => {
      const { language = "en" } = readParams(catalogueParams, params);
      const { model } = assistant.settings;
      const machineFor = (role?: ModelRole) => machine.describe(assistant.models.status, model, role);
      const [both, completion, chat] = [await machineFor(), await machineFor("completion"), await machineFor("chat")];
      return catalogueRows(catalogue, { both, completion, chat }, model, language);
    }),
  );
  connection.onRequest(planModelRequest, (params, token) =>
    assistant.answer(async () => {
      const asked = readParams(planModelParams, params);
      const { model } = assistant.settings;
      const { quantization, size, planned, contextLength } = await withAccess(
        connection,
        assistant,
        signalOf(token),
        (access, signal) => readHubFile(asked, access, signal),
      );
      const here = await machine.describe(assistant.models.status, model, asked.role);
      return { quantization, size, ...planFor(planned, contextLength, here, model) };
    }),
  );
}

function registerStore(connection: Connection, assistant: Assistant, writing: AbortedAtEnd): void {
  const settings = () => assistant.settings.models ?? {};
  connection.onRequest(storedModelsRequest, () =>
    assistant.answer(async () => {
      await deleteDraftsBelow(settings());
      return listModels(settings());
    }),
  );
  connection.onRequest(unfinishedDownloadsRequest, () => assistant.answer(() => listUnfinished(settings())));
  connection.onRequest(deleteModelRequest, (params) =>
    assistant.answer(async () => ({ freed: await deleteModel(readParams(modelPath, params).path, settings()) })),
  );
  connection.onRequest(importModelRequest, (params, token) =>
    assistant.answer(() =>
      writing.run(token, (signal) => importModel(readParams(importParams, params), settings(), signal)),
    ),
  );
}

function registerDownloads(connection: Connection, assistant: Assistant): void {
  const queue = new DownloadQueue({
    now: () => performance.now(),
    onChanged: (downloads) => send(() => connection.sendNotification(downloadsChanged, downloads)),
    run: (params, onProgress, signal) =>
      withAccess(connection, assistant, signal, async (access) => {
        if (isCuda(params)) return downloadCuda(assistant.settings, { access, wait, onProgress }, signal);
        const folder = await openModelsFolder(assistant.settings.models ?? {});
        return downloadFiles(params, folder, { access, wait, onProgress }, signal);
      }),
  });
  assistant.endings.push(() => queue.dispose());
  connection.onRequest(downloadRequest, (params, token) =>
    assistant.answer(() => queue.add(readParams(downloadParams, params), signalOf(token))),
  );
  connection.onRequest(pauseDownloadRequest, (params) =>
    assistant.answer(() => queue.pause(readParams(downloadId, params).id)),
  );
  connection.onRequest(resumeDownloadRequest, (params) =>
    assistant.answer(() => queue.resume(readParams(downloadId, params).id)),
  );
}

function readHubFile(
  { repository, name }: { readonly repository: string; readonly name: string },
  access: Access,
  signal: AbortSignal,
): Promise<FilePlan> {
  const address = fileAddress(access.hub, repository, name);
  return planRemoteFile(name, (length) => readRemote(address, 0, length, access, signal));
}
