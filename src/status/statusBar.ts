// The status bar item: what Falcon is doing, and the way to its menu.

import { Disposable, l10n } from "vscode";

import { completionsFor } from "../completion/inlineCompletion.ts";
import type { LastEditor } from "../lastEditor.ts";
import { withDownloads } from "../models/describeDownload.ts";
import type { ServerClient } from "../server/client.ts";
import type { ModelsClient } from "../server/modelsClient.ts";
import type { Settings } from "../settings.ts";
import { createStatusItem } from "../surfaces.ts";
import { statusBarView } from "./statusBarView.ts";

export function registerStatusBar(
  server: ServerClient,
  models: ModelsClient,
  settings: Settings,
  lastEditor: LastEditor,
): Disposable {
  const item = createStatusItem("falcon.status", "Falcon", "falcon.showMenu");
  const update = () => {
    const { document } = lastEditor;
    const view = statusBarView(server.status, completionsFor(document, settings), document?.languageId ?? "", l10n);
    item.show(withDownloads(view, models.downloads, l10n));
  };
  update();
  return Disposable.from(
    item,
    server.onDidChangeStatus(update),
    models.onDidChangeDownloads(update),
    settings.onDidChangeCompletions(update),
    lastEditor.onDidChange(update),
  );
}
