// A model that exists only as original weights: they are downloaded, and made into a file that takes the model's role.

import { dirname } from "node:path";

import { l10n } from "vscode";

import { convertedTypes } from "../shared/models.ts";
import { showProgress } from "../surfaces.ts";
import type { ChoiceDependencies } from "./chooseModel.ts";
import { accepts, type WantedModel } from "./downloadModel.ts";
import { describeSize, whyConverted } from "./modelWords.ts";
import { useModel } from "./useModel.ts";

/** Resolves to false where the user does not want it after all. What is there of it already is gone on with. */
export async function convertAndUse(wanted: WantedModel, dependencies: ChoiceDependencies): Promise<boolean> {
  const { row, choice, roles } = wanted;
  const { model } = row;
  const { models, settings, downloads } = dependencies;
  const type = convertedTypes.find((each) => each === choice.quantization);
  if (!type) return false;
  const { files, size, missing } = await showProgress(
    l10n.t("Asking the hub for the files of {0}", model.name),
    (_, signal) => models.originalFiles(model.repository, signal),
  );
  const folder = settings.server.models?.folder;
  const what = l10n.t(
    "{0} of original weights come from {1} to {2}, a GGUF file in {3} is made of them, and they are deleted.",
    ...[describeSize(size, l10n), model.repository, folder ?? "", type],
  );
  const detail = `${whyConverted(model, l10n)} ${what}`;
  if (!(await accepts(wanted, detail, folder, missing + (choice.size ?? 0)))) return false;
  await downloads.start({ repository: model.repository, files }, async (downloaded) => {
    const [first] = downloaded;
    if (!first) return;
    const params = { folder: dirname(first.path), type };
    const path = await showProgress(l10n.t("Converting {0} to {1}", model.name, type), (report, signal) =>
      models.convert(params, (part) => report(`${Math.floor(part * 100)}%`, part), signal),
    );
    await useModel(path, roles, dependencies);
    for (const file of downloaded) await models.delete(file.path);
  });
  return true;
}
