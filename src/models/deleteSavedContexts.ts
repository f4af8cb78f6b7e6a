// "Delete Saved Contexts": what the model read of the user's text is deleted from the disk.

import { rm } from "node:fs/promises";

import { l10n } from "vscode";

import { showInformationMessage } from "../surfaces.ts";

export async function deleteSavedContexts(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  void showInformationMessage(
    l10n.t(
      "The saved contexts were deleted. What you work on from now on is saved, unless you turn off the setting {0}.",
      "falcon.model.keepContexts",
    ),
  );
}
