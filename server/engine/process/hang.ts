// What is said of a process that hung: in the language of the process that says it to its user.

import * as l10n from "@vscode/l10n";

import type { Hang } from "../engine.ts";

export function describeHang({ answered, seconds }: Hang): string {
  return answered
    ? l10n.t("made no progress for {0} seconds", seconds)
    : l10n.t("did not answer for {0} seconds", seconds);
}
