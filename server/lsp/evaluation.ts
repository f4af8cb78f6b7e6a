// Evaluation of models over the language server protocol.

import * as l10n from "@vscode/l10n";
import type { Connection } from "vscode-languageserver";

import type { EvaluateParams, EvaluationStep } from "../../src/shared/evaluation.ts";
import { compareEvaluationsRequest, evaluateRequest, evaluationProgress } from "../../src/shared/methods.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import { untilAborted } from "../aborted.ts";
import { chatMarkers } from "../chat/formats.ts";
import type { Model } from "../engine/engine.ts";
import { readAnswers } from "../evaluate/answersFile.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { givingWay } from "../evaluate/givingWay.ts";
import { hashModel } from "../evaluate/hashModel.ts";
import { comparePaired } from "../evaluate/pairedTest.ts";
import type { Form } from "../evaluate/prompts.ts";
import { readTests } from "../evaluate/readTests.ts";
import { settingsInBackground } from "../models/session/backend.ts";
import type { ModelSession } from "../models/session/modelSession.ts";
import { type CreateHost, RoleModels } from "../models/session/roleModels.ts";
import { UserError } from "../userError.ts";
import { type Assistant, send, signalOf } from "./assistant.ts";
import { compareEvaluationsParams, evaluateParams, readParams } from "./params.ts";

/** @param createHost for a model that is not in use */
export function registerEvaluation(connection: Connection, assistant: Assistant, createHost: CreateHost): void {
  const ended = new AbortController();
  const running = new Set<Promise<void>>();
  assistant.endings.push(async () => {
    ended.abort();
    await Promise.allSettled(running);
  });
  const host = { createHost, log: (line: string) => connection.console.log(line) };
  connection.onRequest(evaluateRequest, (params, token) =>
    assistant.answer(async () => {
      const asked = readParams(evaluateParams, params);
      const report = (step: EvaluationStep) =>
        send(() => connection.sendProgress(evaluationProgress, asked.partialResultToken, step));
      const signal = AbortSignal.any([signalOf(token), ended.signal]);
      const evaluation = runTests(asked, assistant, host, report, signal);
      running.add(evaluation);
      try {
        await evaluation;
        return null;
      } finally {
        running.delete(evaluation);
      }
    }),
  );
  connection.onRequest(compareEvaluationsRequest, (params) =>
    assistant.answer(async () => {
      const { first, second } = readParams(compareEvaluationsParams, params);
      const [one, other] = [await readAnswers(first), await readAnswers(second)];
      const isSame = (["task", "form", "shots", "data"] as const).every(
        (name) => one.settings[name] === other.settings[name],
      );
      const values = ({ answers }: typeof one) => new Map(answers.map(({ id, value }) => [id, value] as const));
      const comparison = isSame && comparePaired(values(one), values(other));
      if (comparison) return comparison;
      throw new UserError(
        l10n.t("The two evaluations have no question in common. Choose two of the same test and data."),
      );
    }),
  );
}

interface Host {
  readonly createHost: CreateHost;
  readonly log: (line: string) => void;
}

/** That of the published scores beside it. */
const form: Form = "leaderboard";

/** One after the other, until all are done or the signal fires. */
async function runTests(
  { tests, model: path, data, limit, answersFolder, runGeneratedCode = false }: EvaluateParams,
  assistant: Assistant,
  host: Host,
  report: (step: EvaluationStep) => void,
  signal: AbortSignal,
): Promise<void> {
  const asked = await readTests(tests, { data, form, limit, runGeneratedCode });
  await withModel(path, assistant, host, signal, async (model) => {
    const modelHash = await hashModel(path, assistant.settings.model.adapters?.[path] ?? [], signal);
    if (modelHash === undefined) return;
    const contextSize = model.info.contextSize - 1;
    const options = { answersFolder, modelHash, contextSize };
    for (const each of asked) {
      const test = each.name;
      const onProgress = (answered: number, all: number) => report({ test, answered, all, contextSize });
      const evaluation = await evaluate(model, each, options, onProgress, signal);
      if (!evaluation) return;
      const { score, standardError, questions, subjects, cut, settings: dependsOn, answersFile } = evaluation;
      const result = {
        ...{ test, device: model.info.device, score, questions, subjects, cut, settings: dependsOn, answersFile },
        ...(standardError !== undefined && { standardError }),
      };
      report({ test, answered: questions, all: questions, contextSize, result });
    }
  });
}

/**
 * With the model of a role where it is that, else with one that is loaded for it, in a process that gives way to others. Does
 * nothing where the signal fires before the model is there.
 */
async function withModel(
  path: string,
  assistant: Assistant,
  host: Host,
  signal: AbortSignal,
  work: (model: Model) => Promise<void>,
): Promise<void> {
  const { models } = assistant;
  /** Whether the user waits for a model of another process: of its own model a process puts what is in the background last. */
  const isBusyBeside = (own: ModelSession | undefined) => () =>
    modelRoles.map((role) => models.session(role)).some((session) => session !== own && session.queue > 0);
  const workWhenReady = async (ready: Promise<Model>, session: () => ModelSession | undefined) => {
    const model = await untilAborted(ready, signal);
    if (model) await work(givingWay(model, isBusyBeside(session())));
  };
  const role = modelRoles.find((each) => {
    const { path: its, backend } = assistant.sessionSettings(each);
    return its === path && !backend;
  });
  if (role !== undefined) return workWhenReady(models.ready(role), () => models.session(role));
  const own = new RoleModels({ ...host, markers: chatMarkers, onStatus: () => undefined });
  const wanted = { ...settingsInBackground(assistant.sessionSettings("completion")), path };
  own.use({ completion: wanted, chat: wanted });
  try {
    await workWhenReady(own.ready("completion"), () => undefined);
  } finally {
    await own.dispose();
  }
}
