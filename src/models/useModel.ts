// A model file takes a role, or both. A file that is no model is refused with the cause.

import { l10n, window, Uri } from "vscode";
import { homedir } from "node:os";
import { dirname } from "node:path";

import { problemOf, showProblem } from "../problems.ts";
import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import { type ModelRole, modelRoles } from "../shared/modelRoles.ts";
import { plainName } from "../shared/plainText.ts";
import { showErrorMessage, showInformationMessage } from "../surfaces.ts";
import { describeModelFile } from "./describeModelFile.ts";
import type { RecentModels } from "./recentModels.ts";
import { giveModel, modelOf } from "./roleSettings.ts";

export interface ModelDependencies {
  readonly server: ServerClient;
  readonly settings: Settings;
  readonly recentModels: RecentModels;
  /** Runs once a model has its role. */
  readonly onUsed?: () => void;
}

/**
 * @param path empty for the demonstration model
 * @throws the server's problem for a file that is no model
 */
export async function useModel(
  path: string,
  roles: readonly ModelRole[],
  { server, settings, recentModels, onUsed }: ModelDependencies,
): Promise<void> {
  if (path !== "") await recentModels.add({ path, line: describeModelFile(await server.inspectModel(path)) });
  const isInUse = roles.every((role) => modelOf(settings.roles, role) === path);
  // What is at the path may be another file now.
  const [role] = roles;
  if (isInUse && role) await server.reloadModel({ role });
  else {
    await settings.saveRoles(giveModel(settings.roles, roles, path));
    // Who chooses a model is going to use it. The server has to know of it by then.
    await server.updateSettings(settings.server);
    for (const each of roles) await server.loadModel(each);
  }
  onUsed?.();
  const onServer = roles.map((role) => settings.serverOf(role)).find((name) => name !== undefined);
  if (onServer === undefined) return;
  void showInformationMessage(
    l10n.t(
      "The model is chosen, but the server {0} is in use. Set {1} to {2} to use the model.",
      plainName(onServer),
      "falcon.backend",
      "local",
    ),
  );
}

/** Has the user choose a file on the disk, until he chooses one that is a model. */
export async function selectModelFile(dependencies: ModelDependencies): Promise<void> {
  const { both } = dependencies.settings.roles;
  for (;;) {
    const path = await choosePath({
      folder: both === "" ? homedir() : dirname(both),
      title: l10n.t("Select Model File"),
      label: l10n.t("Use This Model"),
      filter: { [l10n.t("GGUF models")]: ["gguf"] },
    });
    if (path === undefined) return;
    try {
      await useModel(path, modelRoles, dependencies);
      return;
    } catch (error) {
      const problem = problemOf(error);
      if (!problem) throw error;
      if (problem.action && problem.action !== "selectModel") return showProblem(problem);
      const again = l10n.t("Choose Another File");
      if ((await showErrorMessage(problem.message, again)) !== again) return;
    }
  }
}

/** Has the user choose the folder that models are kept in. */
export async function selectModelsFolder({ settings }: ModelDependencies): Promise<void> {
  const path = await choosePath({
    folder: settings.server.models?.folder ?? homedir(),
    title: l10n.t("Select a Folder with Models"),
    label: l10n.t("Use This Folder"),
  });
  if (path !== undefined) await settings.saveModelsFolder(path);
}

interface PathChoice {
  readonly folder: string;
  readonly title: string;
  readonly label: string;
  /** Of files; without one a folder is chosen. */
  readonly filter?: Record<string, string[]>;
}

/** Has the user choose a file or folder of the machine that runs the models. */
export async function choosePath({ folder, title, label, filter }: PathChoice): Promise<string | undefined> {
  const uris = await window.showOpenDialog({
    // Else a remote or virtual workspace would offer its own files, and not those of the machine that runs the model.
    defaultUri: Uri.file(folder),
    title,
    openLabel: label,
    canSelectFiles: filter !== undefined,
    canSelectFolders: filter === undefined,
    ...(filter && { filters: filter }),
  });
  return uris?.[0]?.fsPath;
}
