// Choosing a model file: from those used before, or from the disk. A file that is no model is refused with the cause.

import { homedir } from "node:os";
import { basename, dirname } from "node:path";

import { Uri, l10n, window } from "vscode";

import type { ServerClient } from "../server/client.ts";
import { problemOf, showProblem } from "../problems.ts";
import type { Settings } from "../settings.ts";
import type { Problem } from "../shared/protocol.ts";
import { showErrorMessage, showList, type ListItem } from "../surfaces.ts";
import { describeModelFile } from "./describeModelFile.ts";
import type { RecentModels } from "./recentModels.ts";

export interface ModelDependencies {
  readonly server: ServerClient;
  readonly settings: Settings;
  readonly recentModels: RecentModels;
}

/** What the list offers beside files. */
type Choice = { readonly path: string } | "demonstration";

export async function selectModelFile(dependencies: ModelDependencies): Promise<void> {
  for (;;) {
    const choice = await choose(dependencies);
    if (choice === undefined) return;
    if (choice === "demonstration") return useDemonstrationModel(dependencies);
    const { path } = choice;
    const problem = await tryModelFile(path, dependencies);
    if (!problem) return;
    if (problem.action && problem.action !== "selectModel") return showProblem(problem);
    const again = l10n.t("Choose Another File");
    if ((await showErrorMessage(problem.message, again)) !== again) return;
  }
}

async function useDemonstrationModel({ server, settings }: ModelDependencies): Promise<void> {
  if (settings.modelPath === "") await server.reloadModel();
  else await settings.saveModelPath(undefined);
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

async function choose({ settings, recentModels }: ModelDependencies): Promise<Choice | undefined> {
  const recent = recentModels.list();
  const inUse = settings.modelPath;
  // Who has only the demonstration model wants a file.
  if (recent.length === 0 && inUse === "") return chooseFile(homedir());
  const files = recent.map(({ path, line }) => ({
    label: basename(path),
    description: path === inUse ? l10n.t("{0} (in use)", line) : line,
    detail: path,
    choice: { path },
  }));
  const demonstration = l10n.t("Small, comes with the extension");
  const others: (ListItem & { readonly choice?: Choice })[] = [
    {
      label: l10n.t("Demonstration Model"),
      description: inUse === "" ? l10n.t("{0} (in use)", demonstration) : demonstration,
      choice: "demonstration",
    },
    { label: l10n.t("Browse…"), icon: "folder-opened" },
  ];
  const chosen = await showList({
    title: l10n.t("Select Model File"),
    placeholder: l10n.t("Choose the model that writes completions and answers"),
    items: () => [...files, ...others],
  });
  return chosen && (chosen.choice ?? chooseFile(inUse === "" ? homedir() : dirname(inUse)));
}

async function chooseFile(folder: string): Promise<Choice | undefined> {
  const uris = await window.showOpenDialog({
    // Else a remote or virtual workspace would offer its own files, and not those of the machine that runs the model.
    defaultUri: Uri.file(folder),
    title: l10n.t("Select Model File"),
    openLabel: l10n.t("Use This Model"),
    filters: { [l10n.t("GGUF models")]: ["gguf"] },
  });
  const path = uris?.[0]?.fsPath;
  return path === undefined ? undefined : { path };
}
