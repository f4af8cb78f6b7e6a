// `npm run bench:evaluate -- --model FOLDER --data FOLDER --python PATH [--limit TASK=N,…] [--threads N]`: the leaderboard's tests
// by our evaluation and by lm-evaluation-harness, with the same weights and questions: how far apart the log-likelihoods are,
// and the processor time of both. We compute in 32 bits, too, as the harness does. The model is one of Hugging Face's form;
// `training/evaluation_harness.py` writes the data.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { fileURLToPath } from "node:url";

import { AnswersFile } from "../server/evaluate/answersFile.ts";
import { choiceTest } from "../server/evaluate/choiceTest.ts";
import { evaluate } from "../server/evaluate/evaluate.ts";
import { readData } from "../server/evaluate/readData.ts";
import type { Task } from "../server/evaluate/task.ts";
import { tasks } from "../server/evaluate/tasks/tasks.ts";
import { convertFolder } from "../server/models/convert/convertFolder.ts";
import { buildExtension } from "../scripts/vsix.ts";
import { ModelUnderTest } from "../test/support/modelUnderTest.ts";
import { processorSeconds } from "./machine.ts";
import { table } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "" },
    data: { type: "string", default: "" },
    python: { type: "string", default: "python3" },
    // MMLU's is of each of 57 subjects.
    limit: { type: "string", default: "arc_challenge=25,hellaswag=25,mmlu=1,truthfulqa_mc2=25" },
    threads: { type: "string", default: "1" },
  },
});
/** Nats for each token, and of a score. */
const tolerance = 2e-3;
/** Of the harness's processor time. */
const aim = 0.5;

interface Harness {
  readonly processor: number;
  readonly questions: Readonly<Record<string, readonly number[]>>;
  readonly scores: Readonly<Record<string, number>>;
}

const harness = fileURLToPath(new URL("../training/evaluation_harness.py", import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-bench-evaluate-"));
const engine = new ModelUnderTest();
try {
  await buildExtension();
  const workerPath = fileURLToPath(new URL("../dist/convert.cjs", import.meta.url));
  const file = path.join(folder, "model.gguf");
  await convertFolder(path.resolve(options.model), file, "F32", { workerPath });
  const { contextSize } = await engine.load({
    plan: { path: file, contextSize: 2048, gpu: "off", kvCache: "f32", threads: Number(options.threads) },
  });
  const rows = [["", "questions", "nat per token apart", "score", "harness", "processor (s)", "harness", "ratio"]];
  for (const [name = "", limit] of options.limit.split(",").map((each) => each.split("="))) {
    const task = tasks.find((each) => each.name === name);
    if (!task) throw new Error(`There is no test ${name}.`);
    const row = await compare(task, Number(limit), contextSize - 1);
    console.error(row.join(", "));
    rows.push(row);
  }
  console.log(table(rows).join("\n"));
  console.log(`aims: at most ${tolerance} nat per token, equal scores, a ratio of at most ${aim}`);
} finally {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
}

async function compare(task: Task, limit: number, length: number): Promise<string[]> {
  const { model } = engine;
  if (!model) throw new Error("no model was loaded");
  const subjects = await readData(task, path.join(options.data, task.name), "harness");
  const start = processorSeconds(engine.pid) ?? NaN;
  const evaluation = await evaluate(
    model,
    choiceTest(task, subjects, "harness", limit),
    { answersFolder: folder, modelHash: "", contextSize: length },
    () => undefined,
    new AbortController().signal,
  );
  if (!evaluation) throw new Error("the evaluation was stopped");
  const spent = (processorSeconds(engine.pid) ?? NaN) - start;
  const theirs = await runHarness(task, limit, length);
  const { answers } = await AnswersFile.open(evaluation.answersFile, evaluation.settings);
  const apart = [...answers.values()].flatMap((answer) => {
    assert.ok("tokens" in answer);
    const { id, logLikelihoods, tokens } = answer;
    return logLikelihoods.map((log, i) => Math.abs(log - (theirs.questions[id]?.[i] ?? NaN)) / (tokens[i] ?? NaN));
  });
  return [
    task.title,
    String(answers.size),
    `${Math.max(...apart).toExponential(1)} at most`,
    evaluation.score.toFixed(4),
    (theirs.scores[task.name] ?? scoreOfAll(theirs)).toFixed(4),
    spent.toFixed(1),
    theirs.processor.toFixed(1),
    (spent / theirs.processor).toFixed(2),
  ];
}

/** Of subjects with equally many questions. */
function scoreOfAll({ scores }: Harness): number {
  const all = Object.values(scores);
  return all.reduce((sum, each) => sum + each, 0) / all.length;
}

async function runHarness({ name }: Task, limit: number, length: number): Promise<Harness> {
  const args = [harness, "run", path.resolve(options.model), path.resolve(options.data), name];
  const settings = Object.entries({ limit, length, threads: options.threads });
  const { stdout } = await promisify(execFile)(
    options.python,
    [...args, ...settings.flatMap(([key, value]) => [`--${key}`, String(value)])],
    { maxBuffer: 2 ** 28 },
  );
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{"seconds"') + 1)) as Harness;
}
