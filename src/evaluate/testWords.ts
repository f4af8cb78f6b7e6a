// The names of the tests, and what each asks.

import type { l10n } from "vscode";

import type { EvaluationRun, EvaluationStep, EvaluationTest } from "../shared/evaluation.ts";

/** Named in each file with texts: `@vscode/l10n-dev` finds those of an imported `l10n` alone. */
type Localize = Pick<typeof l10n, "t">;

export const testTitles: Readonly<Record<EvaluationTest, string>> = {
  arc_challenge: "ARC-Challenge",
  hellaswag: "HellaSwag",
  mmlu: "MMLU",
  truthfulqa_mc2: "TruthfulQA",
  humaneval: "HumanEval",
  humaneval_single_line_infilling: "HumanEval-Infilling: Single-Line",
  humaneval_multi_line_infilling: "HumanEval-Infilling: Multi-Line",
  humaneval_random_span_infilling: "HumanEval-Infilling: Random Span",
};

export function describeTest(test: EvaluationTest, l10n: Localize): string {
  switch (test) {
    case "arc_challenge":
      return l10n.t("1,172 questions of science lessons, each after 25 solved ones");
    case "hellaswag":
      return l10n.t("10,042 everyday scenes to go on with, each after 10 solved ones");
    case "mmlu":
      return l10n.t("14,042 questions of 57 subjects of school and university, each after 5 solved ones");
    case "truthfulqa_mc2":
      return l10n.t("817 questions that many people answer wrongly");
    case "humaneval":
      return l10n.t("164 Python functions to write after their description; they are run");
    case "humaneval_single_line_infilling":
      return l10n.t("1,033 lines that are missing in Python functions, which are run");
    case "humaneval_multi_line_infilling":
      return l10n.t("5,815 blocks of lines that are missing in Python functions, which are run");
    case "humaneval_random_span_infilling":
      return l10n.t("1,640 pieces that are missing anywhere in Python functions, which are run");
  }
}

/** Why a test that goes on has fewer answers than it had, where that is so. */
export function describeNewStart(
  { tests, results, stopped }: EvaluationRun,
  { test, answered, contextSize }: EvaluationStep,
  l10n: Localize,
): string | undefined {
  const isSame = stopped && test === tests[results.length] && stopped.answered < stopped.all;
  if (!isSame || answered >= stopped.answered) return undefined;
  const title = testTitles[test];
  return contextSize === stopped.contextSize
    ? l10n.t("{0} begins anew: the model’s file, the data or a setting on which the answers depend is another.", title)
    : l10n.t(
        "{0} begins anew: a prompt may have {1} tokens now, and had {2}. How large the context is follows from the setting {3} and the free memory.",
        title,
        contextSize,
        stopped.contextSize,
        "falcon.model.contextSize",
      );
}
