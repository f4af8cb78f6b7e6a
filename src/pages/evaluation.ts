// The page "Evaluation": what models scored in the leaderboard's tests, beside what was published of others.

import * as v from "valibot";
import { l10n } from "vscode";

import type { EvaluationRuns } from "../evaluate/evaluationRuns.ts";
import { UserError } from "../problems.ts";
import type { ServerClient } from "../server/client.ts";
import { evaluationTests } from "../shared/evaluation.ts";
import type { Compare, EvaluationPageMessage, EvaluationPageState } from "../shared/evaluationPage.ts";
import { compareEvaluationsRequest } from "../shared/methods.ts";
import { evaluationStrings } from "./evaluationStrings.ts";
import { PagePanel, type PanelDependencies } from "./pagePanel.ts";
import { publishedScores } from "./publishedScores.ts";

const messages = v.strictObject({
  type: v.literal("compare"),
  test: v.picklist(evaluationTests),
  first: v.string(),
  second: v.string(),
});

export function evaluationPanel(
  dependencies: PanelDependencies,
  store: EvaluationRuns,
  server: Pick<ServerClient, "ask">,
): PagePanel<EvaluationPageState, EvaluationPageMessage> {
  let comparison: EvaluationPageState["comparison"];
  const answersOf = async (id: string, test: Compare["test"]) => {
    const run = (await store.list()).find((each) => each.id === id);
    const file = run?.results.find((result) => result.test === test)?.answersFile;
    if (file === undefined) throw new UserError(l10n.t("This evaluation is no longer there. Choose another."));
    return file;
  };
  const panel: PagePanel<EvaluationPageState, EvaluationPageMessage> = new PagePanel(dependencies, {
    name: "evaluation",
    title: l10n.t("Falcon Evaluation"),
    strings: evaluationStrings(l10n),
    state: async () => ({
      runs: await store.list(),
      published: publishedScores,
      ...(comparison && { comparison }),
    }),
    messages,
    receive: async ({ test, first, second }) => {
      const files = { first: await answersOf(first, test), second: await answersOf(second, test) };
      comparison = { test, first, second, outcome: await server.ask(compareEvaluationsRequest, files) };
      await panel.update();
    },
  });
  return panel;
}
