// A model is downloaded once the user has seen its licence and there is room for it, and then takes its role.

import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

import { Uri, env, l10n } from "vscode";

import { UserError } from "../problems.ts";
import type { CatalogueRow, ModelChoice } from "../shared/models.ts";
import type { ModelRole } from "../shared/modelRoles.ts";
import { askChoice } from "../surfaces.ts";
import type { Downloads } from "./downloads.ts";
import { describeShortage, describeSize } from "./modelWords.ts";
import { type ModelDependencies, useModel } from "./useModel.ts";

export interface DownloadDependencies extends ModelDependencies {
  readonly downloads: Downloads;
}

export interface WantedModel {
  readonly row: CatalogueRow;
  readonly choice: ModelChoice;
  readonly roles: readonly ModelRole[];
}

/** Resolves to false where the user does not want it after all. */
export async function downloadAndUse(wanted: WantedModel, dependencies: DownloadDependencies): Promise<boolean> {
  const { file, size, isSizeEstimated, quantization } = wanted.choice;
  if (!file) return false;
  const folder = dependencies.settings.server.models?.folder;
  const what = size === undefined || isSizeEstimated ? quantization : describeSize(size, l10n);
  const detail = l10n.t("{0} come from {1} to {2}.", what, file.repository, folder ?? "");
  // Whether there is room the server says, which knows what of the file is on the disk already.
  if (!(await accepts(wanted, detail, folder))) return false;
  await dependencies.downloads.start({ repository: file.repository, files: [file.name] }, async ([downloaded]) => {
    if (downloaded) await useModel(downloaded.path, wanted.roles, dependencies);
  });
  return true;
}

/**
 * Shows the licence and what comes, until the user says yes or no.
 * @param size bytes that the folder needs free, where the server does not look for that
 */
export async function accepts(
  { row: { model }, choice }: WantedModel,
  what: string,
  folder: string | undefined,
  size?: number,
): Promise<boolean> {
  const free = folder === undefined ? undefined : await freeSpace(folder);
  if (free !== undefined && size !== undefined && size > free) {
    throw new UserError(
      l10n.t(
        "{0} takes {1}, and in {2} {3} are free. Free some space, or choose a folder on another disk.",
        ...[model.name, describeSize(size, l10n), folder ?? "", describeSize(free, l10n)],
      ),
      { action: "modelsFolder" },
    );
  }
  const licence = l10n.t("Its licence is “{0}” ({1}).", model.licence.name, model.licence.link);
  const detail = [licence, what, ...describeShortage(choice, l10n)].join(" ");
  const [accept, read] = [l10n.t("Accept and Download"), l10n.t("Read the Licence")];
  for (;;) {
    const answer = await askChoice(l10n.t("Download {0}?", model.name), detail, accept, read);
    if (answer !== read) return answer === accept;
    await env.openExternal(Uri.parse(model.licence.link));
  }
}

/** Bytes that are free where a folder is or will be; undefined where that cannot be told. */
export async function freeSpace(folder: string): Promise<number | undefined> {
  for (let place = folder; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    } catch {
      if (dirname(place) === place) return undefined;
    }
  }
}
