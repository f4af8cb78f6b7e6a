// "Import Model File…": a model file that was brought here in another way comes into the models folder.

import { homedir } from "node:os";
import { basename } from "node:path";

import { l10n, Uri, window } from "vscode";

import { describeModelFile } from "./describeModelFile.ts";
import type { ModelsClient } from "../server/modelsClient.ts";
import { askText, showInformationMessage, showList, showProgress } from "../surfaces.ts";

export async function importModelFile(models: ModelsClient): Promise<void> {
  const uris = await window.showOpenDialog({
    // Else a remote or virtual workspace would offer its own files, and not those of the machine that runs the model.
    defaultUri: Uri.file(homedir()),
    title: l10n.t("Import Model File"),
    openLabel: l10n.t("Import"),
    filters: { [l10n.t("GGUF models")]: ["gguf"] },
  });
  const path = uris?.[0]?.fsPath;
  if (path === undefined) return;
  const way = await showList({
    title: l10n.t("Import Model File"),
    placeholder: basename(path),
    items: () => [
      { label: l10n.t("Copy"), detail: l10n.t("For a file on a stick or another drive"), by: "copy" as const },
      { label: l10n.t("Link"), detail: l10n.t("Takes no space; the file stays where it is"), by: "link" as const },
    ],
  });
  if (!way) return;
  const sha256 = await askText(
    l10n.t("Import Model File"),
    l10n.t("The file's SHA-256, to compare it with. Empty compares nothing."),
    { fault: (text) => (/^([0-9a-f]{64})?$/i.test(text.trim()) ? undefined : l10n.t("64 hexadecimal digits")) },
  );
  if (sha256 === undefined) return;
  const params = { path, by: way.by, ...(sha256.trim() !== "" && { sha256: sha256.trim() }) };
  const model = await showProgress(l10n.t("Importing {0}", basename(path)), (_, signal) =>
    models.import(params, signal),
  );
  void showInformationMessage(l10n.t("{0} was imported: {1}.", model.name, describeModelFile(model)));
}
