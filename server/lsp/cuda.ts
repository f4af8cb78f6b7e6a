// Maps the protocol's methods about CUDA to the functions of models/cuda/.

import * as l10n from "@vscode/l10n";
import type { CancellationToken, Connection } from "vscode-languageserver";

import {
  compareCudaRequest,
  cudaRequest,
  removeCudaRequest,
  type CudaComparison,
  type CudaOffer,
} from "../../src/shared/cuda.ts";
import type { DownloadedFile, DownloadParams } from "../../src/shared/downloads.ts";
import type { ServerSettings } from "../../src/shared/protocol.ts";
import { findCards, obstacleOf } from "../models/cuda/card.ts";
import { measureSpeed, timeOf } from "../models/cuda/compareBackends.ts";
import { cudaPackageFor } from "../models/cuda/cudaPackage.ts";
import { cudaDownload, cudaTaken, installCuda, removeCuda, type CudaPlace } from "../models/cuda/installCuda.ts";
import type { DownloadOptions } from "../models/download/downloadFile.ts";
import { UserError } from "../userError.ts";
import { type Assistant, signalOf } from "./assistant.ts";

export function registerCuda(connection: Connection, assistant: Assistant): void {
  connection.onRequest(cudaRequest, () => assistant.answer(() => offer(assistant.settings)));
  connection.onRequest(compareCudaRequest, (token: CancellationToken) =>
    assistant.answer(() => compare(assistant, signalOf(token))),
  );
  connection.onRequest(removeCudaRequest, () =>
    assistant.answer(async () => {
      const place = placeOf(assistant.settings);
      return { freed: place ? await removeCuda(place) : 0 };
    }),
  );
}

/** Whether a download of the queue is CUDA's. */
export function isCuda({ repository }: DownloadParams): boolean {
  const wanted = cudaPackageFor();
  return wanted !== undefined && repository === cudaDownload(wanted).repository;
}

/** @throws DownloadError, or the signal's reason */
export async function downloadCuda(
  settings: ServerSettings,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<DownloadedFile[]> {
  const [wanted, place] = [cudaPackageFor(), placeOf(settings)];
  return wanted && place ? installCuda(wanted, place, options, signal) : [];
}

async function offer(settings: ServerSettings): Promise<CudaOffer | null> {
  const [wanted, place] = [cudaPackageFor(), placeOf(settings)];
  if (!wanted || !place) return null;
  const cards = await findCards();
  const obstacle = await obstacleOf(cards, wanted);
  const { size, unpacked } = wanted;
  return {
    cards: cards.map(({ name }) => name),
    ...(obstacle !== undefined && { obstacle }),
    download: cudaDownload(wanted),
    size,
    unpacked,
    taken: await cudaTaken(place),
  };
}

function placeOf({ models }: ServerSettings): CudaPlace | undefined {
  const { cudaFolder: folder, registry } = models ?? {};
  return folder === undefined ? undefined : { folder, ...(registry !== undefined && { registry }) };
}

/** @throws UserError where CUDA does not run, or the model is not loaded */
async function compare(assistant: Assistant, signal: AbortSignal): Promise<CudaComparison> {
  const measureOn = async (gpu: "auto" | "cuda") => {
    assistant.useModels([], gpu);
    const model = await assistant.models.ready("completion");
    signal.throwIfAborted();
    const { device, fallback = "" } = model.info;
    if (gpu === "cuda" && device !== "CUDA") throw new UserError(l10n.t("CUDA does not run here. {0}", fallback));
    return { device, speed: await measureSpeed(model, signal) };
  };
  try {
    const { device, speed: other } = await measureOn("auto");
    const { speed: cuda } = await measureOn("cuda");
    const isFaster = timeOf(cuda) < timeOf(other);
    if (!isFaster) assistant.useModels();
    return { cuda, other, device, isFaster };
  } catch (error) {
    assistant.useModels();
    throw error;
  }
}
