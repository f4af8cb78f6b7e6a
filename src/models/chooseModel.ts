// “Choose Model”: what there is for this machine, in one list; a choice is downloaded and converted where it has to be, and used.

import { Uri, commands, env, l10n, type LogOutputChannel } from "vscode";

import { isDisconnected, showError } from "../problems.ts";
import type { ModelsClient } from "../server/modelsClient.ts";
import type { StoredModel } from "../shared/downloads.ts";
import type { CatalogueRow } from "../shared/models.ts";
import { askConsent, showList } from "../surfaces.ts";
import { changeAdapters } from "./adapters.ts";
import { convertAndUse } from "./convertModel.ts";
import { downloadAndUse, type DownloadDependencies } from "./downloadModel.ts";
import { askForSizes, modelDetails } from "./modelDetails.ts";
import { type Action, type ActionItem, listPlaceholder, modelList, type Offer } from "./modelList.ts";
import { describeSize } from "./modelWords.ts";
import { withoutModel } from "./roleSettings.ts";
import { selectModelsFolder, useModel } from "./useModel.ts";

export interface ChoiceDependencies extends DownloadDependencies {
  readonly models: ModelsClient;
  readonly log: LogOutputChannel;
}

export async function chooseModel(dependencies: ChoiceDependencies): Promise<void> {
  const { log, models, settings, recentModels, server } = dependencies;
  const placeholder = listPlaceholder(server.status, settings.server.model.gpu, l10n);
  const catalogue = knownModels(dependencies);
  for (;;) {
    let found: Pick<Offer, "catalogue" | "stored" | "cuda"> = { catalogue: [], stored: [] };
    const stored = storedModels(dependencies);
    const chosen = await showList<ActionItem>({
      title: l10n.t("Choose Model"),
      placeholder,
      items: () =>
        modelList(
          { ...found, recent: recentModels.list(), downloads: models.downloads, settings: settings.roles },
          l10n,
        ),
      onDidChange: models.onDidChangeDownloads,
      pending: [
        stored.then((models) => {
          found = { ...found, stored: models };
        }),
        // After what is on the disk: nothing of that is offered for download.
        Promise.all([catalogue, stored]).then(([rows, models]) => {
          found = { ...found, catalogue: rows, stored: models };
        }),
        models.cuda().then(
          (cuda) => {
            if (cuda) found = { ...found, cuda };
          },
          (error: unknown) => log.warn(`What CUDA is here is not known: ${String(error)}`),
        ),
      ],
    });
    if (!chosen || (await act(chosen.action, found.stored, dependencies)) === "done") return;
  }
}

/** Where they cannot be told, the user hears why, and the rest of the list is of use. */
async function knownModels({ models, log }: ChoiceDependencies): Promise<readonly CatalogueRow[]> {
  const ask = () => models.catalogue(env.language);
  try {
    return await ask().catch((error: unknown) => {
      // The server that is started next knows them, too.
      if (isDisconnected(error)) return ask();
      throw error;
    });
  } catch (error) {
    void showError(error, log);
    return [];
  }
}

/** Where the models folder is gone, the rest of the list is of use. */
async function storedModels({ models, log }: ChoiceDependencies): Promise<readonly StoredModel[]> {
  try {
    return await models.stored();
  } catch (error) {
    log.warn(`The models on the disk are not known: ${String(error)}`);
    return [];
  }
}

/** Does what was chosen; “again”: the list is shown once more. */
async function act(
  action: Action,
  stored: readonly StoredModel[],
  dependencies: ChoiceDependencies,
): Promise<"done" | "again"> {
  const { models } = dependencies;
  switch (action.kind) {
    case "use":
      await useModel(action.path, action.roles, dependencies);
      return "done";
    case "download":
      return (await (action.choice.file ? downloadAndUse : convertAndUse)(action, dependencies)) ? "done" : "again";
    case "details": {
      const chosen = await showDetails(action.row, stored, dependencies);
      return chosen ? act(chosen.action, stored, dependencies) : "again";
    }
    case "adapters":
      await changeAdapters(action.path, dependencies);
      return "again";
    case "delete":
      await deleteModel(action.model, dependencies);
      return "again";
    case "pause":
      await models.pause(action.download);
      return "again";
    case "resume":
      await models.resume(action.download);
      return "again";
    case "openLink":
      await env.openExternal(Uri.parse(action.link));
      return "done";
    case "command":
      await commands.executeCommand(action.command);
      return "done";
    case "browseFolder":
      await selectModelsFolder(dependencies);
      return "again";
    case "back":
      return "again";
  }
}

async function showDetails(
  row: CatalogueRow,
  stored: readonly StoredModel[],
  { models, log }: ChoiceDependencies,
): Promise<ActionItem | undefined> {
  let known = row;
  const closed = new AbortController();
  const asked = askForSizes(
    row,
    (params) => models.plan(params, closed.signal),
    (found) => (known = found),
    () => !closed.signal.aborted,
  ).catch((error: unknown) => {
    // Without the hub, what is estimated is of use.
    if (!closed.signal.aborted) log.warn(`The sizes of ${row.model.name} are not known: ${String(error)}`);
  });
  try {
    return await showList<ActionItem>({
      title: row.model.name,
      placeholder: l10n.t("Choose a quantization to use or download"),
      items: () => modelDetails(known, stored, env.language, l10n),
      pending: [asked],
    });
  } finally {
    closed.abort();
  }
}

async function deleteModel({ path, size }: StoredModel, { models, settings }: ChoiceDependencies): Promise<void> {
  const isInUse = Object.values(settings.roles).includes(path);
  const question = isInUse
    ? l10n.t("{0} is in use. Delete it all the same? That frees {1}.", path, describeSize(size, l10n))
    : l10n.t("Delete {0}? That frees {1}.", path, describeSize(size, l10n));
  if (!(await askConsent(question, l10n.t("Delete")))) return;
  await models.delete(path);
  await settings.saveRoles(withoutModel(settings.roles, path));
}
