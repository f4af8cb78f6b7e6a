// The status bar item: what Falcon is doing, and the way to its menu.

import { Disposable, l10n } from "vscode";

import { completionsFor } from "../completion/inlineCompletion.ts";
import type { LastEditor } from "../lastEditor.ts";
import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import { createStatusItem } from "../surfaces.ts";
import { statusBarView } from "./statusBarView.ts";

export function registerStatusBar(server: ServerClient, settings: Settings, lastEditor: LastEditor): Disposable {
  const item = createStatusItem("falcon.status", "Falcon", "falcon.showMenu");
  const update = () => {
    const { document } = lastEditor;
    item.show(statusBarView(server.status, completionsFor(document, settings), document?.languageId ?? "", l10n));
  };
  update();
  return Disposable.from(
    item,
    server.onDidChangeStatus(update),
    settings.onDidChangeCompletions(update),
    lastEditor.onDidChange(update),
  );
}
