// The LoRA adapters of a model: added once they are found to fit it, scaled, switched off and on, removed.

import { homedir } from "node:os";
import { basename, dirname } from "node:path";

import { l10n } from "vscode";

import { problemOf } from "../problems.ts";
import type { KeptAdapter } from "../settings.ts";
import { askText, showErrorMessage, showList } from "../surfaces.ts";
import { adapterList, readScale, type AdapterItem } from "./adapterList.ts";
import type { ChoiceDependencies } from "./chooseModel.ts";
import { choosePath } from "./useModel.ts";

/** Shows the list until the user leaves it. */
export async function changeAdapters(model: string, dependencies: ChoiceDependencies): Promise<void> {
  const { settings } = dependencies;
  for (;;) {
    const list = settings.adapters[model] ?? [];
    const chosen = await showList<AdapterItem>({
      title: l10n.t("Adapters of {0}", basename(model)),
      placeholder: l10n.t("Choose an adapter to scale it"),
      items: () => adapterList(list, l10n),
    });
    if (!chosen) return;
    const { action } = chosen;
    if (action === "add") {
      const path = await chooseAdapter(model, dependencies);
      const isNew = path !== undefined && !list.some((each) => each.path === path);
      if (isNew) await settings.saveAdapters(model, [...list, { path, scale: 1 }]);
    } else if ("save" in action) {
      await settings.saveAdapters(model, action.save);
    } else {
      const scale = await askScale(action.scale);
      const scaled = (each: KeptAdapter) => (scale !== undefined && each === action.scale ? { ...each, scale } : each);
      await settings.saveAdapters(model, list.map(scaled));
    }
  }
}

/** Has the user choose a file, until he chooses one that fits the model. */
async function chooseAdapter(model: string, { models }: ChoiceDependencies): Promise<string | undefined> {
  for (;;) {
    const path = await choosePath({
      folder: model === "" ? homedir() : dirname(model),
      title: l10n.t("Add an Adapter"),
      label: l10n.t("Add"),
      filter: { [l10n.t("GGUF adapters")]: ["gguf"] },
    });
    if (path === undefined) return undefined;
    try {
      await models.inspectAdapter(path, model);
      return path;
    } catch (error) {
      const problem = problemOf(error);
      if (!problem) throw error;
      const again = l10n.t("Choose Another File");
      if ((await showErrorMessage(problem.message, again)) !== again) return undefined;
    }
  }
}

async function askScale({ path, scale }: KeptAdapter): Promise<number | undefined> {
  const text = await askText(
    basename(path),
    l10n.t("How much of its change is made: 1 is all of it, 0 none. Now it is {0}.", String(scale)),
    { fault: (words) => (readScale(words) === undefined ? l10n.t("A number from 0 to 4") : undefined) },
  );
  return text === undefined ? undefined : readScale(text);
}
