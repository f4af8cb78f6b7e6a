// “Use CUDA”: downloaded for an NVIDIA card once the user agrees, tried beside Vulkan, and kept where it is faster.

import { l10n } from "vscode";

import { isCancelled, UserError } from "../problems.ts";
import type { ModelsClient } from "../server/modelsClient.ts";
import type { Settings } from "../settings.ts";
import type { BackendSpeed, CudaComparison } from "../shared/cuda.ts";
import { askChoice, askConsent, showInformationMessage, showProgress } from "../surfaces.ts";
import { decimal } from "./decimal.ts";
import type { Downloads } from "./downloads.ts";
import { describeSize } from "./modelWords.ts";
import { modelOf } from "./roleSettings.ts";

export interface CudaDependencies {
  readonly models: ModelsClient;
  readonly downloads: Downloads;
  readonly settings: Settings;
}

/** Says why where CUDA cannot run here. */
export async function useCuda(dependencies: CudaDependencies): Promise<void> {
  const { models, settings } = dependencies;
  const offer = await models.cuda();
  if (!offer) throw new UserError(l10n.t("CUDA is for Linux and Windows on x64 processors."));
  if (offer.obstacle !== undefined) throw new UserError(offer.obstacle);
  const elsewhere = settings.serverOf("completion");
  if (elsewhere !== undefined) {
    throw new UserError(
      l10n.t("Ghost text runs on the server {0}. CUDA is for a model on this machine: choose one first.", elsewhere),
      { action: "selectModel" },
    );
  }
  if (modelOf(settings.roles, "completion") === "") {
    throw new UserError(
      l10n.t("The demonstration model is too small to tell whether CUDA is faster. Choose a real Falcon first."),
      { action: "selectModel" },
    );
  }
  const agreed = l10n.t("Download and Try");
  const detail = l10n.t(
    "{0} come from the npm registry, and take {1} on the disk. CUDA is then tried beside Vulkan for a few seconds, with the model of ghost text, and kept if it is faster.",
    describeSize(offer.size, l10n),
    describeSize(offer.unpacked, l10n),
  );
  if ((await askChoice(l10n.t("Download CUDA for {0}?", offer.cards[0] ?? ""), detail, agreed)) !== agreed) return;
  await dependencies.downloads.start(offer.download, () => tryCuda(dependencies));
}

/** @throws the server's problem where it does not run; nothing of it is kept then */
async function tryCuda(dependencies: CudaDependencies): Promise<void> {
  const { cuda, other, device, isFaster } = await compareCuda(dependencies);
  const figures = l10n.t(
    "CUDA reads {0} and writes {1} tokens/s, {2} reads {3} and writes {4}.",
    ...[...inWords(cuda), device, ...inWords(other)],
  );
  if (isFaster) {
    await dependencies.settings.saveGpu("cuda");
    void showInformationMessage(l10n.t("CUDA is used from now on. {0}", figures));
    return;
  }
  await deleteCuda(dependencies);
  void showInformationMessage(l10n.t("CUDA is no faster here, and was deleted. {0}", figures));
}

async function compareCuda(dependencies: CudaDependencies): Promise<CudaComparison> {
  const { models } = dependencies;
  try {
    return await showProgress(l10n.t("Trying CUDA"), (_, signal) => models.compareCuda(signal));
  } catch (error) {
    if (!isCancelled(error)) await deleteCuda(dependencies);
    throw error;
  }
}

/** A process that runs on it holds its files, and without them a model would be told to run on what is not there. */
async function deleteCuda({ models, settings }: CudaDependencies): Promise<void> {
  if (settings.server.model.gpu === "cuda") await settings.saveGpu(undefined);
  await models.removeCuda();
}

export async function removeCuda(dependencies: CudaDependencies): Promise<void> {
  const taken = (await dependencies.models.cuda())?.taken ?? 0;
  if (taken === 0) {
    void showInformationMessage(l10n.t("Nothing was downloaded of CUDA."));
    return;
  }
  const size = describeSize(taken, l10n);
  if (!(await askConsent(l10n.t("Delete CUDA? That frees {0}.", size), l10n.t("Delete")))) return;
  await deleteCuda(dependencies);
}

function inWords({ reading, writing }: BackendSpeed): [string, string] {
  return [decimal(reading, 0, l10n), decimal(writing, writing < 100 ? 1 : 0, l10n)];
}
