// Measures a model with a test: has each question answered, keeps what was answered, and adds up.

import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { Model } from "../engine/engine.ts";
import { wait } from "../models/download/waiting.ts";
import { isHeld, lockEnding, lockFile } from "../models/files/fileLock.ts";
import { UserError } from "../userError.ts";
import { type Answer, AnswersFile, type Settings } from "./answersFile.ts";
import { type Change, changesSinceLast } from "./changes.ts";
import { type Mean, meanOf, meanOfSubjects } from "./scores.ts";
import type { Test } from "./test.ts";

export interface EvaluationOptions {
  /** Gets a file for these settings, with each question as it is answered; one that is there goes on. */
  readonly answersFolder: string;
  /** What `hashModel` gives. */
  readonly modelHash: string;
  /** Tokens of a prompt at the most, the harness's `max_length`; one less than the loaded context has unless given. */
  readonly contextSize?: number;
  /** Gets what is other than it was, where there are answers to the test, but not to this evaluation of it. */
  readonly onAnew?: (changes: readonly Change[]) => void;
}

export interface Evaluation extends Mean {
  readonly task: string;
  readonly metric: Test["metric"];
  readonly settings: Settings;
  /** What was answered, question by question. */
  readonly answersFile: string;
  readonly subjects: readonly (Mean & { readonly subject: string })[];
  /** Questions whose prompt did not fit into the context. */
  readonly cut: number;
}

/**
 * Resolves to undefined when the signal fired: the answers so far are in the file, and the same call goes on with it.
 * @param onProgress gets how many of all questions are answered
 * @throws UserError, also when another process is at the same evaluation; EngineError
 */
export async function evaluate(
  model: Model,
  test: Test,
  { answersFolder, modelHash, contextSize = model.info.contextSize - 1, onAnew }: EvaluationOptions,
  onProgress: (answered: number, all: number) => void,
  signal: AbortSignal,
): Promise<Evaluation | undefined> {
  const { kvCache } = model.info;
  const settings = { model: modelHash, task: test.name, contextSize, kvCache, ...test.settings };
  const answersFile = path.join(answersFolder, `${test.name}-${sha256(settings).slice(0, 16)}.jsonl`);
  await fs.mkdir(answersFolder, { recursive: true });
  const lock = await lockFile(answersFile, { wait, onWaiting: () => isHeld(answersFile + lockEnding) }, signal);
  if (!lock) throw alreadyEvaluated(test);
  try {
    const changes = onAnew && (await changesSinceLast(answersFile, settings));
    const file = await AnswersFile.open(answersFile, settings);
    if (changes && file.answers.size === 0) onAnew(changes);
    onProgress(file.answers.size, test.count);
    for (const question of test.questions()) {
      if (file.answers.has(question.id)) continue;
      const answered = await question.answer(model, contextSize, AbortSignal.any([signal, lock.lost]));
      if (!answered) return undefined;
      await file.add(answered);
      onProgress(file.answers.size, test.count);
    }
    return { ...summary(test, [...file.answers.values()]), settings, answersFile };
  } finally {
    await lock.release();
  }
}

function alreadyEvaluated({ title }: Test): UserError {
  return new UserError(
    l10n.t(
      "{0} is running with the same model and data already, in this window or another one. Wait for it, or pause it there.",
      title,
    ),
  );
}

export function sha256(facts: unknown): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

function summary(
  { name, metric, form }: Test,
  answers: readonly Answer[],
): Omit<Evaluation, "settings" | "answersFile"> {
  const bySubject = [...Map.groupBy(answers, ({ subject }) => subject)];
  const means = bySubject.map(([, its]) => meanOf(its.map(({ value }) => value)));
  return {
    task: name,
    metric,
    ...meanOfSubjects(means, form),
    subjects: bySubject.map(([subject], i) => ({ subject, ...(means[i] as Mean) })),
    cut: answers.filter(({ cut }) => cut > 0).length,
  };
}
