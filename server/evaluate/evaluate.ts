// Measures a model with a test of the leaderboard: scores each choice of each question, and adds up.

import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { Model } from "../engine/engine.ts";
import { wait } from "../models/download/waiting.ts";
import { isHeld, lockEnding, lockFile } from "../models/files/fileLock.ts";
import { UserError } from "../userError.ts";
import { type Answer, AnswersFile, type Settings } from "./answersFile.ts";
import { type AskedQuestion, type Form, questionsOf } from "./prompts.ts";
import { type Mean, meanOf, meanOfSubjects, valueOf } from "./scores.ts";
import type { Subject, Task } from "./task.ts";

export interface EvaluationOptions {
  /** Gets a file for these settings, with each question as it is answered; one that is there goes on. */
  readonly answersFolder: string;
  /** What `hashModel` gives. */
  readonly modelHash: string;
  readonly form: Form;
  /** So many questions of each subject; all unless given. */
  readonly limit?: number;
  /** Tokens of a prompt at the most, the harness's `max_length`; one less than the loaded context has unless given. */
  readonly contextSize?: number;
}

export interface Evaluation extends Mean {
  readonly task: string;
  readonly metric: Task["metric"];
  readonly settings: Settings;
  /** What was answered, question by question. */
  readonly answersFile: string;
  readonly subjects: readonly (Mean & { readonly subject: string })[];
  /** Questions whose prompt did not fit into the context, and lost its beginning. */
  readonly cut: number;
}

/**
 * Resolves to undefined when the signal fired: the answers so far are in the file, and the same call goes on with it.
 * @param onProgress gets how many of all questions are answered
 * @throws UserError, also when another process is at the same evaluation; EngineError
 */
export async function evaluate(
  model: Model,
  task: Task,
  subjects: readonly Subject[],
  { answersFolder, modelHash, form, limit, contextSize = model.info.contextSize - 1 }: EvaluationOptions,
  onProgress: (answered: number, all: number) => void,
  signal: AbortSignal,
): Promise<Evaluation | undefined> {
  const settings = {
    model: modelHash,
    task: task.name,
    form,
    shots: task.shots,
    contextSize,
    kvCache: model.info.kvCache,
    data: sha256(subjects),
    ...(limit !== undefined && { limit }),
  };
  const answersFile = path.join(answersFolder, `${task.name}-${sha256(settings).slice(0, 16)}.jsonl`);
  await fs.mkdir(answersFolder, { recursive: true });
  const lock = await lockFile(answersFile, { wait, onWaiting: () => isHeld(answersFile + lockEnding) }, signal);
  if (!lock) throw alreadyEvaluated(task);
  try {
    const file = await AnswersFile.open(answersFile, settings);
    const all = subjects.reduce((sum, { questions }) => sum + Math.min(questions.length, limit ?? Infinity), 0);
    onProgress(file.answers.size, all);
    for (const question of questionsOf(task, subjects, form, limit)) {
      if (file.answers.has(question.id)) continue;
      const answered = await answer(model, task, question, contextSize, AbortSignal.any([signal, lock.lost]));
      if (!answered) return undefined;
      await file.add(answered);
      onProgress(file.answers.size, all);
    }
    return { ...summary(task, form, [...file.answers.values()]), settings, answersFile };
  } finally {
    await lock.release();
  }
}

function alreadyEvaluated({ title }: Task): UserError {
  return new UserError(
    l10n.t(
      "{0} is running with the same model and data already, in this window or another one. Wait for it, or pause it there.",
      title,
    ),
  );
}

function sha256(facts: unknown): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

async function answer(
  model: Model,
  task: Task,
  question: AskedQuestion,
  longest: number,
  signal: AbortSignal,
): Promise<Answer | undefined> {
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
    value: valueOf(task.metric, question, logLikelihoods),
  };
}

function summary(task: Task, form: Form, answers: readonly Answer[]): Omit<Evaluation, "settings" | "answersFile"> {
  const bySubject = Map.groupBy(answers, ({ subject }) => subject);
  const subjects = [...bySubject].map(([subject, its]) => ({ subject, ...meanOf(its.map(({ value }) => value)) }));
  return {
    task: task.name,
    metric: task.metric,
    ...meanOfSubjects(
      task,
      form,
      [...bySubject.values()].map((its) => meanOf(its.map(({ value }) => value))),
    ),
    subjects,
    cut: answers.filter(({ cut }) => cut > 0).length,
  };
}
