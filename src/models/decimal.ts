// A number with decimals, as the language of the words around it writes it.

import type { l10n } from "vscode";

type Localize = Pick<typeof l10n, "t">;

/** Such as 4.6, in Italian 4,6. */
export function decimal(value: number, digits: number, l10n: Localize): string {
  const [whole = "", fraction] = value.toFixed(digits).split(".");
  return fraction === undefined ? whole : l10n.t("{0}.{1}", whole, fraction);
}
