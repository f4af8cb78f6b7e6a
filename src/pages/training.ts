// "Show Fine-Tuning": how the loss of the training on this workspace falls, as a plot that goes on while it can be seen.

import { l10n } from "vscode";

import { readProgress } from "../finetune/readProgress.ts";
import type { TrainingPageState } from "../shared/trainingPage.ts";
import { PagePanel, type PanelDependencies } from "./pagePanel.ts";
import { trainingStrings } from "./trainingStrings.ts";

/** Milliseconds. */
const refreshes = 2_000;

/** @param folder where the scripts train on the workspace that is open */
export function trainingPanel(dependencies: PanelDependencies, folder: () => string): PagePanel<TrainingPageState> {
  return new PagePanel(dependencies, {
    name: "training",
    title: l10n.t("Falcon Fine-Tuning"),
    strings: trainingStrings(l10n),
    state: () => readProgress(folder()),
    refreshes,
  });
}
