// “Evaluate Model”: which model, tests and data; then the tests run, in the background of all else, until they are done or paused.

import { randomUUID } from "node:crypto";
import { homedir } from "node:os";

import { l10n, type Memento } from "vscode";

import { describeTimeLeft } from "../models/describeDownload.ts";
import { describeModelFile } from "../models/describeModelFile.ts";
import { choosePath } from "../models/useModel.ts";
import type { PagePanel } from "../pages/pagePanel.ts";
import type { ServerClient } from "../server/client.ts";
import type { ModelsClient } from "../server/modelsClient.ts";
import type { Settings } from "../settings.ts";
import {
  type EvaluationRun,
  type EvaluationStep,
  type EvaluationTest,
  evaluationTests,
  leaderboardTests,
  runsCode,
} from "../shared/evaluation.ts";
import { evaluateRequest, evaluationProgress } from "../shared/methods.ts";
import { askButton, askChoice, type ListItem, showInformationMessage, showList, showProgress } from "../surfaces.ts";
import type { EvaluationRuns } from "./evaluationRuns.ts";
import { describeNewStart, describeTest, testTitles } from "./testWords.ts";

export interface EvaluateDependencies {
  readonly evaluationRuns: EvaluationRuns;
  readonly evaluation: Pick<PagePanel<unknown, unknown>, "show" | "update">;
  readonly memory: Memento;
  readonly models: ModelsClient;
  readonly server: ServerClient;
  readonly settings: Settings;
}

interface Row<Value> extends ListItem<Row<Value>> {
  readonly value: Value;
}

/** Where the user's data lies, for the next time. */
const folderKey = "falcon.evaluationData";

export async function evaluateModel(dependencies: EvaluateDependencies): Promise<void> {
  const { evaluation, evaluationRuns } = dependencies;
  const runs = await evaluationRuns.list();
  const begun = runs.length === 0 ? "new" : await chooseBegun(runs, evaluationRuns);
  if (begun === "results") evaluation.show();
  else if (begun === "new") {
    const run = await plan(dependencies);
    if (run) await runEvaluation(run, dependencies);
  } else if (begun) await runEvaluation(begun, dependencies);
}

/** What was asked for before; the newest that was stopped comes first. */
async function chooseBegun(
  runs: readonly EvaluationRun[],
  store: EvaluationRuns,
): Promise<EvaluationRun | "new" | "results" | undefined> {
  let shown = runs;
  const rows = (): Row<EvaluationRun | "new" | "results">[] => [
    ...shown.filter(isUnfinished).map((run) => ({
      icon: "debug-continue",
      label: l10n.t("Continue: {0}", run.model.name),
      description: describeState(run),
      value: run,
      buttons: [
        {
          icon: "trash",
          tooltip: l10n.t("Do not continue"),
          run: async () => {
            await store.delete(run);
            shown = shown.filter((each) => each !== run);
          },
        },
      ],
    })),
    { icon: "beaker", label: l10n.t("Evaluate a model…"), value: "new" },
    { icon: "graph", label: l10n.t("Show results"), value: "results" },
  ];
  const chosen = await showList({ title: l10n.t("Evaluate Model"), placeholder: "", items: rows });
  return chosen?.value;
}

async function plan(dependencies: EvaluateDependencies): Promise<EvaluationRun | undefined> {
  const title = l10n.t("Evaluate Model");
  const model = await chooseModel(title, dependencies);
  if (!model) return undefined;
  const tests = await showList<Row<readonly EvaluationTest[]>>({
    title,
    placeholder: l10n.t("Tests of the Open LLM Leaderboard, and of code"),
    items: () => [
      { label: l10n.t("All four of the Open LLM Leaderboard"), value: leaderboardTests },
      ...evaluationTests.map((test) => ({ label: testTitles[test], detail: describeTest(test, l10n), value: [test] })),
    ],
  });
  if (!tests) return undefined;
  const limit = await showList<Row<number | undefined>>({
    title,
    placeholder: l10n.t("How many questions; of MMLU, of each of its 57 subjects"),
    items: () => [
      { label: l10n.t("{0} of each test", 20), detail: l10n.t("A first look"), value: 20 },
      {
        label: l10n.t("{0} of each test", 100),
        detail: l10n.t("Standard error about 5 points, of MMLU 0.7"),
        value: 100,
      },
      { label: l10n.t("All"), detail: l10n.t("To compare with published scores"), value: undefined },
    ],
  });
  if (!limit) return undefined;
  const data = await chooseData(title, dependencies);
  if (data === undefined) return undefined;
  const count = limit.value;
  return {
    ...{ id: randomUUID(), started: Date.now(), model, data, tests: tests.value, results: [] },
    ...(count !== undefined && { limit: count }),
  };
}

/** Those that are in use come first. */
async function chooseModel(
  title: string,
  { models, server, settings }: EvaluateDependencies,
): Promise<EvaluationRun["model"] | undefined> {
  const { model, inlineCompletion, chat } = settings.server;
  const inUse = [inlineCompletion.model ?? model.path, chat.model ?? model.path];
  const stored = models.stored();
  let known: Row<EvaluationRun["model"]>[] = [];
  const describe = async () => {
    const files = new Map((await stored).map((file) => [file.path, file] as const));
    for (const path of new Set(inUse)) if (!files.has(path)) files.set(path, { ...(await inspect(path)), path });
    known = [...files.values()]
      .toSorted((a, b) => Number(inUse.includes(b.path)) - Number(inUse.includes(a.path)))
      .map((file) => ({
        label: file.name,
        description: inUse.includes(file.path) ? l10n.t("in use") : "",
        detail: describeModelFile(file),
        value: { path: file.path, name: file.name },
      }));
  };
  const inspect = async (path: string) => ({ ...(await server.inspectModel(path)), source: "folder" as const });
  const placeholder = l10n.t("The model to evaluate");
  return (await showList({ title, placeholder, items: () => known, pending: [describe()] }))?.value;
}

async function chooseData(title: string, { memory }: EvaluateDependencies): Promise<string | undefined> {
  const last = memory.get<string>(folderKey);
  const chosen =
    last === undefined
      ? { value: undefined }
      : await showList<Row<string | undefined>>({
          title,
          placeholder: l10n.t("The folder with the tests’ files, as their authors or the hub publish them"),
          items: () => [
            { icon: "folder", label: last, value: last },
            { icon: "folder-opened", label: l10n.t("Choose another folder…"), value: undefined },
          ],
        });
  if (!chosen) return undefined;
  const folder =
    chosen.value ??
    (await choosePath({
      folder: last ?? homedir(),
      title: l10n.t("Folder With the Tests’ Files (JSON Lines or Parquet)"),
      label: l10n.t("Use This Folder"),
    }));
  if (folder !== undefined) await memory.update(folderKey, folder);
  return folder;
}

/** Runs what is left of it, and keeps each result. */
async function runEvaluation(run: EvaluationRun, dependencies: EvaluateDependencies): Promise<void> {
  if (run.tests.slice(run.results.length).some(runsCode) && !(await mayRunCode(run.model.name))) return;
  const { evaluation, evaluationRuns } = dependencies;
  let state = run;
  await showProgress(l10n.t("Evaluating {0} (Cancel pauses)", run.model.name), async (report, signal) => {
    const describe = describeSteps(report);
    const onStep = ({ result, ...step }: EvaluationStep) => {
      describe(step);
      const { answered, all, contextSize } = step;
      const anew = describeNewStart(state, step, l10n);
      if (anew !== undefined) void showInformationMessage(anew);
      state = { ...state, stopped: { answered, all, contextSize } };
      if (result) {
        state = { ...state, results: [...state.results, result] };
        void evaluationRuns.saveNow(state).then(() => evaluation.update());
      }
      // A window that is closed meanwhile leaves what goes on.
      else evaluationRuns.saveSoon(state);
    };
    report(
      run.tests
        .slice(run.results.length, run.results.length + 1)
        .map((test) => testTitles[test])
        .join(""),
    );
    try {
      await ask(run, dependencies, onStep, signal);
    } finally {
      await evaluationRuns.save(state);
      await evaluation.update();
    }
  });
  if (isUnfinished(state)) {
    void showInformationMessage(
      l10n.t(
        "The evaluation of {0} is paused. “Falcon: Evaluate Model…” goes on with it, also after a restart.",
        run.model.name,
      ),
    );
    return;
  }
  const show = l10n.t("Show Results");
  if ((await askButton(l10n.t("{0} was evaluated.", run.model.name), show)) === show) evaluation.show();
}

/** Each time: a run may go on after weeks, and on another machine. */
async function mayRunCode(name: string): Promise<boolean> {
  const allow = l10n.t("Run Its Code");
  const detail = l10n.t(
    "HumanEval tells by running it whether the Python that a model writes is right. It is run within bubblewrap, where that works (on Linux), else not at all. There it has no network, sees nothing of your files but Python and the libraries of the system, writes to a folder in memory alone, and is ended after 3 seconds of a processor or with 2 GB of memory. It does run on this machine’s processor and kernel: who wants more between it and the machine uses a virtual one.",
  );
  return (await askChoice(l10n.t("May code run that {0} writes?", name), detail, allow)) === allow;
}

async function ask(
  { model, data, limit, tests, results }: EvaluationRun,
  { evaluationRuns, server }: EvaluateDependencies,
  onStep: (step: EvaluationStep) => void,
  signal: AbortSignal,
): Promise<void> {
  const { answersFolder } = evaluationRuns;
  const left = { tests: tests.slice(results.length), model: model.path, data, ...(limit !== undefined && { limit }) };
  const agreed = left.tests.some(runsCode) && { runGeneratedCode: true };
  const params = { ...left, ...agreed, answersFolder, partialResultToken: randomUUID() };
  await server.stream(evaluateRequest, evaluationProgress, params, onStep, signal);
}

/** Tells which test is how far, and about how long it still takes. */
function describeSteps(report: (text: string, done?: number) => void): (step: EvaluationStep) => void {
  let start = { test: "", time: 0, answered: 0 };
  return ({ test, answered, all }) => {
    if (start.test !== test) start = { test, time: Date.now(), answered };
    const seconds = ((Date.now() - start.time) / 1000 / (answered - start.answered)) * (all - answered);
    const rest = Number.isFinite(seconds) ? ` · ${describeTimeLeft(seconds, l10n)}` : "";
    report(`${l10n.t("{0}: {1} of {2}", testTitles[test], answered, all)}${rest}`);
  };
}

function isUnfinished({ tests, results }: EvaluationRun): boolean {
  return results.length < tests.length;
}

function describeState({ tests, results, stopped }: EvaluationRun): string {
  const test = tests[results.length];
  const name = test === undefined ? "" : testTitles[test];
  return stopped && stopped.answered < stopped.all
    ? l10n.t("{0}: {1} of {2}", name, stopped.answered, stopped.all)
    : name;
}
