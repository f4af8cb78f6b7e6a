// The status bar item: what Falcon is doing, and the way to its menu.

import { Disposable, StatusBarAlignment, ThemeColor, l10n, window } from "vscode";

import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import { statusBarView, type Completions } from "./statusBarView.ts";

export function registerStatusBar(server: ServerClient, settings: Settings): Disposable {
  const item = window.createStatusBarItem("falcon.status", StatusBarAlignment.Right, 100);
  item.name = "Falcon";
  item.command = "falcon.showMenu";
  const update = () => {
    const language = window.activeTextEditor?.document.languageId ?? "";
    const view = statusBarView(server.status, completionsOfActiveEditor(settings), language, l10n);
    item.text = view.text;
    item.tooltip = view.tooltip;
    item.backgroundColor = view.background && new ThemeColor(`statusBarItem.${view.background}Background`);
    item.accessibilityInformation = { label: `${view.text.replace(/^\$\([^)]*\) /, "")}, ${view.tooltip}` };
  };
  update();
  item.show();
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
