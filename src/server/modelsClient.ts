// What the language server does with models that are fetched and kept, as named methods.

import { randomUUID } from "node:crypto";

import { EventEmitter, type Disposable } from "vscode";
import { State, type LanguageClient } from "vscode-languageclient/node";

import type { ServerClient } from "./client.ts";
import {
  compareCudaRequest,
  cudaRequest,
  removeCudaRequest,
  type CudaComparison,
  type CudaOffer,
} from "../shared/cuda.ts";
import type {
  Download,
  DownloadedFile,
  DownloadParams,
  ImportParams,
  StoredModel,
  UnfinishedDownload,
} from "../shared/downloads.ts";
import type { CatalogueRow, ConvertParams, ModelChoice, OriginalFiles, PlanModelParams } from "../shared/models.ts";
import {
  catalogueRequest,
  convertProgress,
  convertRequest,
  deleteModelRequest,
  downloadRequest,
  downloadsChanged,
  hubTokenRequest,
  importModelRequest,
  inspectAdapterRequest,
  originalFilesRequest,
  pauseDownloadRequest,
  planModelRequest,
  resumeDownloadRequest,
  storedModelsRequest,
  unfinishedDownloadsRequest,
} from "../shared/methods.ts";

export class ModelsClient implements Disposable {
  readonly #ask: ServerClient["ask"];
  readonly #token: () => Thenable<string | undefined>;
  readonly #change = new EventEmitter<readonly Download[]>();
  #downloads: readonly Download[] = [];
  #client: LanguageClient | undefined;

  /** Fires with all downloads at each change of one. */
  readonly onDidChangeDownloads = this.#change.event;

  constructor(ask: ServerClient["ask"], token: () => Thenable<string | undefined>) {
    this.#ask = ask;
    this.#token = token;
  }

  get downloads(): readonly Download[] {
    return this.#downloads;
  }

  /** Listens to a server, whose downloads end with it. */
  listen(client: LanguageClient): void {
    this.#client = client;
    client.onNotification(downloadsChanged, (downloads) => this.#set(downloads));
    client.onRequest(hubTokenRequest, async () => (await this.#token()) ?? null);
    client.onDidChangeState(({ newState }) => newState === State.Stopped && this.#set([]));
  }

  /** Resolves when the files are there. Aborted, it rejects, and what was received stays on the disk. */
  download(params: DownloadParams, signal: AbortSignal): Promise<readonly DownloadedFile[]> {
    return this.#ask(downloadRequest, params, signal);
  }

  pause({ id }: Download): Promise<void> {
    return this.#ask(pauseDownloadRequest, { id });
  }

  resume({ id }: Download): Promise<void> {
    return this.#ask(resumeDownloadRequest, { id });
  }

  /** Every Falcon, for this machine and the user's language. */
  catalogue(language: string): Promise<readonly CatalogueRow[]> {
    return this.#ask(catalogueRequest, { language: language.slice(0, 2) });
  }

  /** What of a repository its conversion needs. */
  /** What a file on the hub needs of this machine, by its header. */
  plan(params: PlanModelParams, signal: AbortSignal): Promise<ModelChoice> {
    return this.#ask(planModelRequest, params, signal);
  }

  originalFiles(repository: string, signal: AbortSignal): Promise<OriginalFiles> {
    return this.#ask(originalFilesRequest, { repository }, signal);
  }

  /** Resolves to the path of the model file that original weights were made into. Aborted, it leaves nothing of it. */
  async convert(params: ConvertParams, onProgress: (part: number) => void, signal: AbortSignal): Promise<string> {
    const progressToken = randomUUID();
    const progress = this.#client?.onProgress(convertProgress, progressToken, onProgress);
    try {
      return (await this.#ask(convertRequest, { ...params, progressToken }, signal)).path;
    } finally {
      progress?.dispose();
    }
  }

  /** Fails with the cause where an adapter was not made for a model. */
  inspectAdapter(path: string, model: string): Promise<void> {
    return this.#ask(inspectAdapterRequest, { path, model });
  }

  /** The models on the disk that can be loaded. */
  stored(): Promise<readonly StoredModel[]> {
    return this.#ask(storedModelsRequest);
  }

  /** What is on the disk of downloads that ended before they were whole, and run nowhere. */
  unfinished(): Promise<readonly UnfinishedDownload[]> {
    return this.#ask(unfinishedDownloadsRequest);
  }

  /** Deletes a model, what there is of one, or a file of original weights. Resolves to the bytes that are free for it. */
  async delete(path: string): Promise<number> {
    return (await this.#ask(deleteModelRequest, { path })).freed;
  }

  /** What CUDA is on this machine; null where there is none for it. It is downloaded as a model is. */
  cuda(): Promise<CudaOffer | null> {
    return this.#ask(cudaRequest);
  }

  /** Tries it on the model of ghost text, beside what that runs on else. */
  compareCuda(signal: AbortSignal): Promise<CudaComparison> {
    return this.#ask(compareCudaRequest, undefined, signal);
  }

  /** Resolves to the bytes that are free for it. */
  async removeCuda(): Promise<number> {
    return (await this.#ask(removeCudaRequest)).freed;
  }

  import(params: ImportParams, signal: AbortSignal): Promise<StoredModel> {
    return this.#ask(importModelRequest, params, signal);
  }

  dispose(): void {
    this.#change.dispose();
  }

  #set(downloads: readonly Download[]): void {
    if (downloads.length === 0 && this.#downloads.length === 0) return;
    this.#downloads = downloads;
    this.#change.fire(downloads);
  }
}
