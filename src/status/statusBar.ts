// The status bar item: what Falcon is doing, and the way to its menu.

import { Disposable, l10n, window } from "vscode";

import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import { createStatusItem } from "../surfaces.ts";
import { statusBarView, type Completions } from "./statusBarView.ts";

export function registerStatusBar(server: ServerClient, settings: Settings): Disposable {
  const item = createStatusItem("falcon.status", "Falcon", "falcon.showMenu");
  const update = () => {
    const language = window.activeTextEditor?.document.languageId ?? "";
    item.show(statusBarView(server.status, completionsOfActiveEditor(settings), language, l10n));
  };
  update();
  return Disposable.from(
    item,
    server.onDidChangeStatus(update),
    settings.onDidChangeCompletions(update),
    window.onDidChangeActiveTextEditor(update),
  );
}

function completionsOfActiveEditor(settings: Settings): Completions {
  const document = window.activeTextEditor?.document;
  if (settings.completionsEnabled(document)) return "on";
  return document && settings.completionsEnabled() ? "offForLanguage" : "off";
}
