// The folder that models are kept in: OWNER/NAME/FILE below it, as other programs that keep GGUF files have it too.

import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { ModelsSettings } from "../../../src/shared/downloads.ts";
import { UserError } from "../../userError.ts";
import { diskFailure, folderGone } from "../download/failures.ts";

/** @throws UserError where the client has named none, and DownloadError where it is not there */
export async function openModelsFolder({ folder, createFolder = false }: ModelsSettings): Promise<string> {
  if (folder === undefined) {
    throw new UserError(
      l10n.t("No folder for models is chosen. Name one in the setting {0}.", "falcon.models.folder"),
      {
        action: "modelsFolder",
      },
    );
  }
  try {
    if (createFolder) await fs.mkdir(folder, { recursive: true });
    else if (!(await fs.stat(folder)).isDirectory()) throw folderGone(folder);
  } catch (error) {
    throw diskFailure(error, folder) ?? error;
  }
  return folder;
}

/** Where a repository's file is kept. */
export function placeOf(folder: string, repository: string, file: string): string {
  return path.join(folder, ...repository.split("/"), ...file.split("/"));
}
