// Choosing a model file: from those used before, or from the disk. A file that is no model is refused with the cause.

import { homedir } from "node:os";
import { basename, dirname } from "node:path";

import { ThemeIcon, Uri, l10n, window, type QuickPickItem } from "vscode";

import type { ServerClient } from "../client.ts";
import { problemOf, showProblem } from "../errors.ts";
import type { Settings } from "../settings.ts";
import type { Problem } from "../shared/protocol.ts";
import { describeModelFile } from "./describeModelFile.ts";
import type { RecentModels } from "./recentModels.ts";

export interface ModelDependencies {
  readonly server: ServerClient;
  readonly settings: Settings;
  readonly recentModels: RecentModels;
}

export async function selectModelFile(dependencies: ModelDependencies): Promise<void> {
  for (;;) {
    const path = await choosePath(dependencies);
    if (path === undefined) return;
    const problem = await tryModelFile(path, dependencies);
    if (!problem) return;
    if (problem.action && problem.action !== "selectModel") return showProblem(problem);
    const again = l10n.t("Choose Another File");
    if ((await window.showErrorMessage(problem.message, again)) !== again) return;
  }
}

/** Uses the file, or tells why it cannot be used. */
async function tryModelFile(
  path: string,
  { server, settings, recentModels }: ModelDependencies,
): Promise<Problem | undefined> {
  try {
    const info = await server.inspectModel(path);
    await recentModels.add({ path, line: describeModelFile(info) });
    if (settings.server.model.path === path) await server.reloadModel();
    else await settings.saveModelPath(path);
    return undefined;
  } catch (error) {
    const problem = problemOf(error);
    if (!problem) throw error;
    return problem;
  }
}

async function choosePath({ settings, recentModels }: ModelDependencies): Promise<string | undefined> {
  const recent = recentModels.list();
  const inUse = settings.server.model.path;
  const browse = () => chooseFile(inUse === "" ? homedir() : dirname(inUse));
  if (recent.length === 0) return browse();
  const items = recent.map(({ path, line }) => ({
    label: basename(path),
    description: path === inUse ? l10n.t("{0} (in use)", line) : line,
    detail: path,
    path,
  }));
  const other: QuickPickItem & { path?: string } = {
    label: l10n.t("Browse…"),
    iconPath: new ThemeIcon("folder-opened"),
  };
  const chosen = await window.showQuickPick([...items, other], {
    title: l10n.t("Select Model File"),
    placeHolder: l10n.t("Choose the model that writes completions and answers"),
    matchOnDetail: true,
  });
  return chosen && (chosen.path ?? browse());
}

async function chooseFile(folder: string): Promise<string | undefined> {
  const uris = await window.showOpenDialog({
    // Else a remote or virtual workspace would offer its own files, and not those of the machine that runs the model.
    defaultUri: Uri.file(folder),
    title: l10n.t("Select Model File"),
    openLabel: l10n.t("Use This Model"),
    filters: { [l10n.t("GGUF models")]: ["gguf"] },
  });
  return uris?.[0]?.fsPath;
}
