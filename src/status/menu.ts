// The menu behind the status bar item.

import { commands, l10n } from "vscode";

import type { LastEditor } from "../lastEditor.ts";
import type { LocalApi } from "../localApi.ts";
import type { ServerClient } from "../server/client.ts";
import { actionLabels, runAction } from "../problems.ts";
import type { Settings } from "../settings.ts";
import { statusOf } from "../shared/modelRoles.ts";
import { plainName } from "../shared/plainText.ts";
import type { CompletionFigures, ModelInfo, ModelStatus, ServerStatus } from "../shared/status.ts";
import { showList, type ListItem, type Separator } from "../surfaces.ts";
import {
  describeDemonstration,
  describeFigures,
  describeKept,
  describeMetrics,
  describeModel,
  describePreparing,
  describeRemote,
  describeUnloaded,
  ofRole,
} from "./statusBarView.ts";

interface MenuItem extends ListItem<MenuItem> {
  readonly run?: () => unknown;
}

interface MenuDependencies {
  readonly server: ServerClient;
  readonly settings: Settings;
  readonly lastEditor: LastEditor;
  readonly localApi: LocalApi;
}

export async function showMenu(
  { server, settings, lastEditor, localApi }: MenuDependencies,
  figures: CompletionFigures,
): Promise<void> {
  const chosen = await showList({
    title: "Falcon",
    placeholder: l10n.t("Choose what to do"),
    items: () => menuItems(server.status, settings, lastEditor.document?.languageId, figures, localApi),
  });
  await chosen?.run?.();
}

function menuItems(
  status: ServerStatus,
  settings: Settings,
  language: string | undefined,
  figures: CompletionFigures,
  localApi: LocalApi,
): (MenuItem | Separator)[] {
  const separator = { separator: "" };
  return [
    ...statusItems(status),
    separator,
    ...switchItems(settings, language),
    ...figuresItem(figures),
    separator,
    commandItem("comment-discussion", l10n.t("Open Chat"), "falcon.openChat"),
    commandItem("library", l10n.t("Choose Model…"), "falcon.chooseModel"),
    commandItem("cloud-download", l10n.t("Downloads"), "falcon.showDownloads"),
    localApiItem(localApi),
    commandItem("graph-line", l10n.t("Show Performance"), "falcon.showPerformance"),
    {
      icon: "gear",
      label: l10n.t("Settings"),
      run: () => commands.executeCommand("workbench.action.openSettings", "falcon."),
    },
    separator,
    commandItem("refresh", l10n.t("Restart Server"), "falcon.restartServer"),
    commandItem("output", l10n.t("Show Log"), "falcon.showLog"),
  ];
}

/** How Falcon stands: a row for each model. */
function statusItems(status: ServerStatus): MenuItem[] {
  const completion = statusItem(statusOf(status, "completion"));
  if (!status.chat) return [completion];
  const chat = statusItem(status.chat);
  return [
    { ...completion, label: ofRole("completion", completion.label, l10n) },
    { ...chat, label: ofRole("chat", chat.label, l10n) },
  ];
}

/** How a model stands; choosing it does what helps most. */
function statusItem(status: ModelStatus): MenuItem {
  switch (status.state) {
    case "loading":
      return { icon: "loading~spin", label: status.note ?? l10n.t("Loading {0}", plainName(status.model)) };
    case "ready":
      return {
        icon: status.generating || status.preparing ? "loading~spin" : "check",
        label: describeModel(status.model, l10n),
        description: status.note ?? describeUse(status),
        ...detailOf(status.model),
      };
    case "failed": {
      const { message, action = "showLog" } = status.problem;
      return { icon: "error", label: actionLabels()[action], detail: message, run: () => runAction(action) };
    }
  }
}

function describeUse({ unloaded, preparing, metrics }: ModelStatus & { readonly state: "ready" }): string {
  if (unloaded) return describeUnloaded(l10n);
  return preparing ? describePreparing(l10n) : describeMetrics(metrics, l10n);
}

/** What is to be known of a model that is ready, and what choosing it does. */
function detailOf(model: ModelInfo): Pick<MenuItem, "detail" | "run"> {
  if (model.remote) return { detail: describeRemote(model.remote, l10n), run: () => runAction("serversSetting") };
  if (model.demonstration) return { detail: describeDemonstration(l10n), run: () => runAction("selectModel") };
  return { detail: model.path };
}

function switchItems(settings: Settings, language: string | undefined): MenuItem[] {
  const forAll = settings.completionsEnabled()
    ? l10n.t("Turn Off Inline Completions")
    : l10n.t("Turn On Inline Completions");
  const items = [
    commandItem("zap", forAll, "falcon.toggleInlineCompletions"),
    // VS Code's own, which asks for how many minutes.
    commandItem("bell-slash", l10n.t("Snooze Inline Suggestions…"), "editor.action.inlineSuggest.snooze"),
  ];
  if (language === undefined) return items;
  const forLanguage = settings.completionsEnabled({ languageId: language })
    ? l10n.t("Turn Off Inline Completions for {0}", language)
    : l10n.t("Turn On Inline Completions for {0}", language);
  return [...items, commandItem("file-code", forLanguage, "falcon.toggleInlineCompletionsForLanguage")];
}

/** What became of ghost text. It only tells: a command of its own counts anew. */
function figuresItem(figures: CompletionFigures): MenuItem[] {
  if (figures.shown === 0) return [];
  return [{ icon: "graph", label: describeFigures(figures, l10n), description: describeKept(figures, l10n) }];
}

function localApiItem(localApi: LocalApi): MenuItem {
  const { address } = localApi;
  if (address === undefined) return commandItem("broadcast", l10n.t("Start Local API"), "falcon.startLocalApi");
  return { icon: "broadcast", label: l10n.t("Local API"), description: address, run: () => localApi.show() };
}

function commandItem(icon: string, label: string, command: string): MenuItem {
  return { icon, label, run: () => commands.executeCommand(command) };
}
