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
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { findCards, obstacleOf } from "../models/cuda/card.ts";
import { measureSpeed, timeOf } from "../models/cuda/compareBackends.ts";
import { cudaPackageFor } from "../models/cuda/cudaPackage.ts";
import {
  cudaDownload,
  cudaTaken,
  installCuda,
  isCudaInstalled,
  removeCuda,
  type CudaPlace,
} from "../models/cuda/installCuda.ts";
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
      const [wanted, place] = [cudaPackageFor(), placeOf(assistant.settings)];
      // Windows deletes no file that a process holds.
      await assistant.models.replacedAreGone();
      return { freed: wanted && place ? await removeCuda(wanted, place) : 0 };
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
    installed: await isCudaInstalled(wanted, place),
    taken: await cudaTaken(place),
  };
}

function placeOf({ models }: ServerSettings): CudaPlace | undefined {
  const { cudaFolder: folder, registry } = models ?? {};
  return folder === undefined ? undefined : { folder, ...(registry !== undefined && { registry }) };
}

/**
 * The model and its other settings are those of the beginning; afterwards those of then hold.
 * @throws UserError where CUDA does not run, or the model is not loaded
 */
async function compare(assistant: Assistant, signal: AbortSignal): Promise<CudaComparison> {
  // The first goes on, and the user sees how it does.
  if (assistant.trial) throw new DOMException("CUDA is being tried already.", "AbortError");
  const { backend, ...settings } = assistant.sessionSettings("completion");
  if (backend) {
    throw new UserError(
      l10n.t("Ghost text runs on the server {0}. CUDA is for a model on this machine: choose one first.", backend.name),
      { action: "selectModel" },
    );
  }
  const measureOn = async (gpu: "auto" | "cuda") => {
    assistant.trial = { ...settings, gpu };
    assistant.useModels();
    const model = await assistant.models.ready("completion");
    signal.throwIfAborted();
    const { device, fallback = "" } = model.info;
    if (gpu === "cuda" && device !== "CUDA") throw new UserError(l10n.t("CUDA does not run here. {0}", fallback));
    return { device, speed: await measureSpeed(model, signal) };
  };
  try {
    const { device, speed: other } = await measureOn("auto");
    const { speed: cuda } = await measureOn("cuda");
    return { cuda, other, device, isFaster: timeOf(cuda) < timeOf(other) };
  } finally {
    assistant.trial = undefined;
    assistant.useModels();
  }
}
