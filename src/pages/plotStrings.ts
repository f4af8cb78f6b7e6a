// The words of plots in the user's language.

import type { l10n } from "vscode";

import type { PlotStrings } from "../shared/pages.ts";

/** Named in each file with texts: `@vscode/l10n-dev` finds those of an imported `l10n` alone. */
type Localize = Pick<typeof l10n, "t">;

export function plotStrings(l10n: Localize): PlotStrings {
  return {
    asTable: l10n.t("As a table"),
    nothing: l10n.t("Nothing to show yet"),
    useArrowKeys: l10n.t("The arrow keys read the values."),
  };
}
