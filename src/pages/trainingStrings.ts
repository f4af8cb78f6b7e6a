// The words of the page "Fine-Tuning" in the user's language.

import type { l10n } from "vscode";

import type { TrainingStrings } from "../shared/trainingPage.ts";
import { plotStrings } from "./plotStrings.ts";

/** Named in each file with texts: `@vscode/l10n-dev` finds those of an imported `l10n` alone. */
type Localize = Pick<typeof l10n, "t">;

export function trainingStrings(l10n: Localize): TrainingStrings {
  // What the page fills in stays as it is.
  const [a, b, c] = ["{0}", "{1}", "{2}"];
  return {
    plot: plotStrings(l10n),
    title: l10n.t("Fine-Tuning on This Workspace"),
    states: {
      none: l10n.t("No training has begun. The terminal tells what one takes, and asks first."),
      running: l10n.t("The model learns. Ctrl+C in the terminal ends the run, and keeps the best adapter."),
      done: l10n.t("The training has ended, and the best adapter is kept."),
      stopped: l10n.t("The training was stopped before its end."),
      failed: l10n.t("The training has failed."),
    },
    progress: l10n.t("Step {0}, {1} of the run.", a, b),
    best: l10n.t(
      "The adapter of step {0} is the best: a loss of {1} on what was held out, {2} before the training.",
      a,
      b,
      c,
    ),
    loss: l10n.t("Loss in nats per token: less is better"),
    learned: l10n.t("Learned from"),
    heldOut: l10n.t("Held out"),
    step: l10n.t("Step"),
  };
}
