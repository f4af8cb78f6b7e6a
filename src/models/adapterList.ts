// The rows of a model's adapters: each with its scale, and one that adds another.

import type { l10n } from "vscode";

import type { Adapter } from "../shared/protocol.ts";
import type { ListItem } from "../surfaces.ts";

type Localize = Pick<typeof l10n, "t">;

export interface AdapterItem extends ListItem<AdapterItem> {
  readonly action: "add" | { readonly scale: Adapter } | { readonly remove: Adapter };
}

export function adapterList(adapters: readonly Adapter[], l10n: Localize): readonly AdapterItem[] {
  return [
    ...adapters.map((adapter) => {
      const remove = l10n.t("Remove");
      return {
        icon: "extensions",
        label: adapter.path.split(/[\\/]/).at(-1) ?? adapter.path,
        description: l10n.t("scale {0}", String(adapter.scale)),
        detail: adapter.path,
        buttons: [{ icon: "trash", tooltip: remove, choose: { label: remove, action: { remove: adapter } } }],
        action: { scale: adapter },
      };
    }),
    { icon: "add", label: l10n.t("Add an Adapter…"), action: "add" },
  ];
}

/** A scale as the user writes it, with a point or a comma; undefined where it is none. */
export function readScale(text: string): number | undefined {
  const words = text.trim().replace(",", ".");
  const scale = Number(words);
  return words !== "" && scale >= 0 && scale <= 4 ? scale : undefined;
}
