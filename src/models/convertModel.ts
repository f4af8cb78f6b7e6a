// A model that exists only as original weights: they are downloaded, and made into a file that takes the model's role.

import { existsSync } from "node:fs";
import { dirname } from "node:path";

import { l10n } from "vscode";

import { UserError, isCancelled, problemOf } from "../problems.ts";
import type { DownloadedFile } from "../shared/downloads.ts";
import { type ConvertParams, convertedTypes } from "../shared/models.ts";
import { showProgress } from "../surfaces.ts";
import type { ChoiceDependencies } from "./chooseModel.ts";
import { accepts, freeSpace, type WantedModel } from "./downloadModel.ts";
import { describeSize, whyConverted } from "./modelWords.ts";
import { useModel } from "./useModel.ts";

/** Resolves to false where the user does not want it after all. What is there of it already is gone on with. */
export async function convertAndUse(wanted: WantedModel, dependencies: ChoiceDependencies): Promise<boolean> {
  const { row, choice, roles } = wanted;
  const { model } = row;
  const { models, settings, downloads } = dependencies;
  const type = convertedTypes.find((each) => each === choice.quantization);
  if (!type) return false;
  const { files, size, missing, largest } = await showProgress(
    l10n.t("Asking the hub for the files of {0}", model.name),
    (_, signal) => models.originalFiles(model.repository, signal),
  );
  const folder = settings.server.models?.folder;
  const made = choice.size ?? 0;
  const free = folder === undefined ? undefined : await freeSpace(folder);
  // As long as there is room, what a conversion that fails has read is not to be downloaded again.
  const deletesWeights = free !== undefined && free < missing + made && largest < size;
  const what = l10n.t(
    "{0} of original weights come from {1} to {2}, a GGUF file in {3} is made of them, and they are deleted.",
    ...[describeSize(size, l10n), model.repository, folder ?? "", type],
  );
  const room = deletesWeights ? [noRoomForBoth()] : [];
  const detail = [whyConverted(model, l10n), what, ...room].join(" ");
  // What is made of a file, which is deleted after that, is no larger than it.
  const needed = missing + (deletesWeights ? Math.min(made, largest) : made);
  if (!(await accepts(wanted, detail, folder, needed))) return false;
  await downloads.start({ repository: model.repository, files }, async (downloaded) => {
    const [first] = downloaded;
    if (!first) return;
    const params = { folder: dirname(first.path), type, deletesWeights };
    const path = await convert(params, model.name, downloaded, dependencies);
    await useModel(path, roles, dependencies);
    for (const file of downloaded) if (existsSync(file.path)) await models.delete(file.path);
  });
  return true;
}

function noRoomForBoth(): string {
  return l10n.t(
    "There is no room for both: each file of the weights is deleted as soon as it is converted, and downloaded again where the conversion fails after that.",
  );
}

/** Resolves to the path of the new file. */
export function showConversion(params: ConvertParams, name: string, { models }: ChoiceDependencies): Promise<string> {
  return showProgress(l10n.t("Converting {0} to {1}", name, params.type), (report, signal) =>
    models.convert(params, (part) => report(`${Math.floor(part * 100)}%`, part), signal),
  );
}

/** Where it fails or is cancelled after files of weights were deleted, the error says what is left. */
async function convert(
  params: ConvertParams,
  name: string,
  weights: readonly DownloadedFile[],
  dependencies: ChoiceDependencies,
): Promise<string> {
  try {
    return await showConversion(params, name, dependencies);
  } catch (error) {
    const deleted = weights.filter(({ path }) => !existsSync(path));
    const why = isCancelled(error) ? l10n.t("The conversion was cancelled.") : problemOf(error)?.message;
    if (deleted.length === 0 || why === undefined) throw error;
    const sizeOf = (files: readonly DownloadedFile[]) =>
      describeSize(
        files.reduce((sum, { size }) => sum + size, 0),
        l10n,
      );
    const left = weights.filter((file) => !deleted.includes(file));
    const what = l10n.t(
      "{0} of the original weights were converted and deleted by then, and {1} are left in {2}. Try again to download what is missing and convert it anew.",
      ...[sizeOf(deleted), sizeOf(left), params.folder],
    );
    throw new UserError(`${why} ${what}`, { action: "continueDownload" });
  }
}
