// The words of the page "Compare Models" in the user's language.

import type { l10n } from "vscode";

import type { ComparisonStrings } from "../shared/comparison.ts";

/** Named in each file with texts: `@vscode/l10n-dev` finds those of an imported `l10n` alone. */
type Localize = Pick<typeof l10n, "t">;

export function comparisonStrings(l10n: Localize): ComparisonStrings {
  return {
    title: l10n.t("Models on This Repository"),
    description: l10n.t(
      "How well each model completes what was written in the latest commits of {0}. Nothing leaves this machine, and nothing is written.",
      "{0}",
    ),
    states: {
      finding: l10n.t("Looking for places in the history …"),
      running: l10n.t("Comparing …"),
      waiting: l10n.t("Waiting: your own requests go first"),
      done: l10n.t("Done"),
      stopped: l10n.t("Stopped: what was measured until then"),
    },
    models: {
      waiting: l10n.t("waits for its turn"),
      loading: l10n.t("is loading"),
      ready: l10n.t("is loaded"),
      failed: l10n.t("takes no part"),
    },
    progress: l10n.t("Time"),
    places: l10n.t("Lines: {0}, blocks: {1}, commits: {2}", "{0}", "{1}", "{2}"),
    stop: l10n.t("Stop"),
    again: l10n.t("Compare Again…"),
    use: l10n.t("Use {0} for Inline Completions", "{0}"),
    recommended: l10n.t("recommended"),
    columns: {
      model: l10n.t("Model"),
      kept: l10n.t("Kept characters"),
      behind: l10n.t("Behind the best"),
      exact: l10n.t("Exact lines"),
      shown: l10n.t("Suggestions"),
      p50: l10n.t("Median time"),
      p95: l10n.t("95 % within"),
      memory: l10n.t("Memory"),
    },
    notes: [
      l10n.t(
        "Kept characters: how many characters of what was written at a place a suggestion begins with, on average.",
      ),
      l10n.t(
        "The ranges hold the true value with a probability of 95 %, by Student's t over commits. A range that begins at zero or below is no difference that these places can show.",
      ),
      l10n.t("Times and memory were measured in processes that give way to your work."),
    ],
  };
}
