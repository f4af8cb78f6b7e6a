// "Delete Saved Contexts": what the model read of the user's text is deleted from the disk.

import { l10n } from "vscode";

import type { ServerClient } from "../server/client.ts";
import { showInformationMessage } from "../surfaces.ts";

export async function deleteSavedContexts(server: ServerClient): Promise<void> {
  await server.deleteSavedContexts();
  void showInformationMessage(
    l10n.t(
      "The saved contexts were deleted. What you work on from now on is saved, unless you turn off the setting {0}.",
      "falcon.model.keepContexts",
    ),
  );
}
