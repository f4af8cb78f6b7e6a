// The LoRA adapters of a model: added once they are found to fit it, scaled, removed.

import { homedir } from "node:os";
import { basename, dirname } from "node:path";

import { l10n } from "vscode";

import { askText, showList } from "../surfaces.ts";
import { adapterList, readScale, type AdapterItem } from "./adapterList.ts";
import type { ChoiceDependencies } from "./chooseModel.ts";
import { choosePath } from "./useModel.ts";

/** Shows the list until the user leaves it. */
export async function changeAdapters(model: string, { settings, models }: ChoiceDependencies): Promise<void> {
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
      const path = await choosePath({
        folder: model === "" ? homedir() : dirname(model),
        title: l10n.t("Add an Adapter"),
        label: l10n.t("Add"),
        filter: { [l10n.t("GGUF adapters")]: ["gguf"] },
      });
      if (path === undefined) return;
      await models.inspectAdapter(path, model);
      await settings.saveAdapters(model, [...list.filter((each) => each.path !== path), { path, scale: 1 }]);
    } else if ("remove" in action) {
      await settings.saveAdapters(
        model,
        list.filter((each) => each !== action.remove),
      );
    } else {
      const { path, scale } = action.scale;
      const text = await askText(
        basename(path),
        l10n.t("How much of its change is made: 1 is all of it, 0 none. Now it is {0}.", String(scale)),
        { fault: (words) => (readScale(words) === undefined ? l10n.t("A number from 0 to 4") : undefined) },
      );
      const wanted = text === undefined ? undefined : readScale(text);
      if (wanted !== undefined) {
        await settings.saveAdapters(
          model,
          list.map((each) => (each === action.scale ? { path, scale: wanted } : each)),
        );
      }
    }
  }
}
