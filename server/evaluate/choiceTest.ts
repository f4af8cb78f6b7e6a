// A test of the leaderboard: each choice of each question is scored.

import * as l10n from "@vscode/l10n";

import type { Model } from "../engine/engine.ts";
import { UserError } from "../userError.ts";
import type { ChoiceAnswer } from "./answersFile.ts";
import { sha256 } from "./evaluate.ts";
import { type AskedQuestion, type Form, questionsOf } from "./prompts.ts";
import { valueOf } from "./scores.ts";
import type { Metric, Subject, Task } from "./task.ts";
import type { Test } from "./test.ts";

/** @param limit so many questions of each subject; all unless given */
export function choiceTest(task: Task, subjects: readonly Subject[], form: Form, limit?: number): Test {
  const { name, title, metric, shots } = task;
  return {
    ...{ name, title, metric, form },
    settings: { form, shots, data: sha256(subjects), ...(limit !== undefined && { limit }) },
    count: subjects.reduce((sum, { questions }) => sum + Math.min(questions.length, limit ?? Infinity), 0),
    *questions() {
      for (const question of questionsOf(task, subjects, form, limit)) {
        yield {
          id: question.id,
          answer: (model, longest, signal) => answer(model, metric, question, longest, signal),
        };
      }
    },
  };
}

async function answer(
  model: Model,
  metric: Metric,
  question: AskedQuestion,
  longest: number,
  signal: AbortSignal,
): Promise<ChoiceAnswer | undefined> {
  const { id, subject, prompt, continuations } = question;
  if (!model.score) {
    throw new UserError(
      l10n.t("The model’s server does not say how likely a given text is, which tests ask for. Choose a model file."),
      { action: "selectModel" },
    );
  }
  const scores = await model.score({ priority: "background", prompt, continuations, longest }, signal);
  if (!scores) return undefined;
  const logLikelihoods = scores.map(({ logProbabilities }) => logProbabilities.reduce((sum, each) => sum + each, 0));
  return {
    id,
    subject,
    logLikelihoods,
    tokens: scores.map(({ logProbabilities }) => logProbabilities.length),
    cut: Math.max(...scores.map((score) => score.cut ?? 0)),
    value: valueOf(metric, question, logLikelihoods),
  };
}
