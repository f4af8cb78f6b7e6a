// Evaluation of models over the language server protocol.

import * as l10n from "@vscode/l10n";
import type { Connection } from "vscode-languageserver";

import type { EvaluateParams, EvaluationResult } from "../../src/shared/evaluation.ts";
import { compareEvaluationsRequest, evaluateRequest, evaluationProgress } from "../../src/shared/methods.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import { chatMarkers } from "../chat/formats.ts";
import type { Model } from "../engine/engine.ts";
import { readAnswers } from "../evaluate/answersFile.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { hashModel } from "../evaluate/hashModel.ts";
import { comparePaired } from "../evaluate/pairedTest.ts";
import { readData } from "../evaluate/readData.ts";
import { tasks } from "../evaluate/tasks/tasks.ts";
import { type CreateHost, RoleModels } from "../models/session/roleModels.ts";
import { UserError } from "../userError.ts";
import { type Assistant, send, signalOf } from "./assistant.ts";
import { compareEvaluationsParams, evaluateParams, readParams } from "./params.ts";

export function registerEvaluation(connection: Connection, assistant: Assistant, createHost: CreateHost): void {
  const ended = new AbortController();
  assistant.endings.push(() => {
    ended.abort();
    return Promise.resolve();
  });
  connection.onRequest(evaluateRequest, (params, token) =>
    assistant.answer(async () => {
      const asked = readParams(evaluateParams, params);
      const report = (answered: number, all: number) =>
        send(() => connection.sendProgress(evaluationProgress, asked.partialResultToken, { answered, all }));
      const log = (line: string) => connection.console.log(line);
      const signal = AbortSignal.any([signalOf(token), ended.signal]);
      return withModel(asked.model, assistant, { createHost, log }, (model) =>
        run(asked, model, assistant, report, signal),
      );
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

async function run(
  { test, model: path, data, limit, answersFolder }: EvaluateParams,
  model: Model,
  { settings }: Assistant,
  report: (answered: number, all: number) => void,
  signal: AbortSignal,
): Promise<EvaluationResult | null> {
  const task = tasks.find(({ name }) => name === test);
  if (!task) throw new Error(`There is no test ${test}.`);
  const subjects = await readData(task, data);
  const modelHash = await hashModel(path, settings.model.adapters?.[path] ?? [], signal);
  if (modelHash === undefined) return null;
  // The form that the published scores beside it have.
  const options = { answersFolder, modelHash, form: "leaderboard", ...(limit !== undefined && { limit }) } as const;
  const evaluation = await evaluate(model, task, subjects, options, report, signal);
  if (!evaluation) return null;
  const { score, standardError, questions, subjects: each, cut, settings: dependsOn, answersFile } = evaluation;
  return {
    ...{ test, device: model.info.device, score, questions, subjects: each, cut, settings: dependsOn, answersFile },
    ...(standardError !== undefined && { standardError }),
  };
}

/** With the model of a role where it is that, else with one that is loaded for it, in a process of its own. */
async function withModel<T>(
  path: string,
  { models, settings }: Assistant,
  host: { readonly createHost: CreateHost; readonly log: (line: string) => void },
  work: (model: Model) => Promise<T>,
): Promise<T> {
  for (const role of modelRoles) {
    if (models.session(role).model?.info.path === path) return work(await models.ready(role));
  }
  const own = new RoleModels({ ...host, markers: chatMarkers, onStatus: () => undefined });
  // Not shared: where two models are, a third would take the place of one of them.
  const wanted = { ...settings.model, path, shared: false };
  own.use({ completion: wanted, chat: wanted });
  try {
    return await work(await own.ready("completion"));
  } finally {
    await own.dispose();
  }
}
