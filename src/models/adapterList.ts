// The rows of a model's adapters: each with its scale, and one that adds another.

import type { l10n } from "vscode";

import type { KeptAdapter } from "../settings.ts";
import type { ListItem } from "../surfaces.ts";

type Localize = Pick<typeof l10n, "t">;

export interface AdapterItem extends ListItem<AdapterItem> {
  /** Adding another, asking for one's scale, or making this of the list. */
  readonly action: "add" | { readonly scale: KeptAdapter } | { readonly save: readonly KeptAdapter[] };
}

export function adapterList(adapters: readonly KeptAdapter[], l10n: Localize): readonly AdapterItem[] {
  return [
    ...adapters.map((adapter) => {
      const { path, scale, off } = adapter;
      const button = (icon: string, label: string, save: readonly KeptAdapter[]) => ({
        icon,
        tooltip: label,
        choose: { label, action: { save } },
      });
      const switched = adapters.map((each) =>
        each === adapter ? { path, scale, ...(!off && { off: true as const }) } : each,
      );
      const others = adapters.filter((each) => each !== adapter);
      return {
        icon: off ? "circle-slash" : "check",
        label: path.split(/[\\/]/).at(-1) ?? path,
        description: off ? l10n.t("off, scale {0}", String(scale)) : l10n.t("scale {0}", String(scale)),
        detail: path,
        buttons: [
          off ? button("check", l10n.t("Switch On"), switched) : button("circle-slash", l10n.t("Switch Off"), switched),
          button("trash", l10n.t("Remove"), others),
        ],
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
