// The words of the page "Evaluation" in the user's language.

import type { l10n } from "vscode";

import { testTitles } from "../evaluate/testWords.ts";
import type { EvaluationStrings } from "../shared/evaluationPage.ts";

/** Named in each file with texts: `@vscode/l10n-dev` finds those of an imported `l10n` alone. */
type Localize = Pick<typeof l10n, "t">;

export function evaluationStrings(l10n: Localize): EvaluationStrings {
  // What the page fills in stays as it is.
  const [a, b, c, d, e, f] = ["{0}", "{1}", "{2}", "{3}", "{4}", "{5}"];
  return {
    title: l10n.t("Evaluation"),
    description: l10n.t(
      "Tests of the Open LLM Leaderboard, asked and scored as it did, and HumanEval, by running what the model writes first. Few questions say little: the standard error tells how little.",
    ),
    tests: testTitles,
    emptyTitle: l10n.t("Nothing has been evaluated yet"),
    emptyText: l10n.t("“Falcon: Evaluate Model…” measures a model with tests whose files you have."),
    model: l10n.t("Model"),
    score: l10n.t("Score"),
    published: l10n.t("published"),
    measured: l10n.t("measured here: {0} questions, standard error {1}", a, b),
    measuredWithoutError: l10n.t("measured here: {0} questions", a),
    cut: l10n.t("{0} of {1} prompts did not fit into the context and lost their beginning.", a, b),
    notAsked: l10n.t("{0} of {1} functions did not fit into the context, and count as wrong.", a, b),
    subjects: l10n.t("By subject"),
    subject: l10n.t("Subject"),
    questions: l10n.t("Questions"),
    details: l10n.t("What was measured"),
    hash: l10n.t("SHA-256"),
    device: l10n.t("Device"),
    contextSize: l10n.t("Context"),
    sources: l10n.t("Published scores"),
    source: l10n.t("Source"),
    compare: l10n.t("Compare two models"),
    compareWith: l10n.t("with"),
    compareButton: l10n.t("Compare"),
    compared: l10n.t(
      "On the {0} questions that both answered, {1} has {2} points in 100 more than {3}, with a standard error of {4}. Models that are equally good would differ as much with a probability of {5}.",
      ...[a, b, c, d, e, f],
    ),
    mcnemar: l10n.t("By McNemar’s exact test of paired answers (Dietterich, Neural Computation 10, 1998)."),
    paired: l10n.t(
      "By the paired differences and their standard error (Miller, “Adding Error Bars to Evals”, arXiv:2411.00640, 2024).",
    ),
  };
}
