// `falcon eval TEST…`: measures the model with tests of the leaderboard, and prints the results as JSON.

import path from "node:path";
import process from "node:process";

import { evaluate, type Evaluation } from "../evaluate/evaluate.ts";
import { hashModel } from "../evaluate/hashModel.ts";
import type { Form } from "../evaluate/prompts.ts";
import { readData } from "../evaluate/readData.ts";
import type { Task } from "../evaluate/task.ts";
import { tasks } from "../evaluate/tasks/tasks.ts";
import { loadModel, type Program, UsageError } from "./program.ts";

export interface EvalOptions {
  readonly data?: string | undefined;
  readonly limit?: number | undefined;
  readonly form?: string | undefined;
  readonly answers?: string | undefined;
}

/** As a shell tells of a program that was interrupted. */
const interrupted = 130;

export async function runEval(names: readonly string[], options: EvalOptions, program: Program): Promise<void> {
  const { data: folder, limit } = options;
  const asked = names.map(taskOf);
  if (asked.length === 0) throw new UsageError(`falcon eval TEST… of ${known}`);
  if (folder === undefined) throw new UsageError("--data must name the folder of the tests' files.");
  if (limit === 0) throw new UsageError("--limit must be 1 or more.");
  const form = formOf(options.form);
  // All data is read before the first question: what is wrong with the last test is told at once.
  const subjects = await Promise.all(asked.map((task) => readData(task, folder, form)));
  const model = await loadModel("completion", program);
  const modelHash = await hashModel(program.settings.model.path, [], program.signal);
  const answersFolder = path.resolve(options.answers ?? "falcon-answers");
  const results: Evaluation[] = [];
  for (const [i, task] of asked.entries()) {
    const evaluation = modelHash !== undefined && { modelHash, form, answersFolder, ...(limit && { limit }) };
    const result =
      evaluation &&
      (await evaluate(model, task, subjects[i] ?? [], evaluation, progressOf(task, program), program.signal));
    if (!result) {
      program.note("\nStopped. The same command goes on from here.\n");
      process.exitCode = interrupted;
      return;
    }
    if (result.cut > 0) {
      program.note(
        `${result.cut} of ${result.questions} prompts lost their beginning: they have more tokens than the context.\n`,
      );
    }
    results.push(result);
  }
  const { name, device } = model.info;
  program.print(`${JSON.stringify({ model: name, device, results }, undefined, 2)}\n`);
}

const known = tasks.map(({ name }) => name).join(", ");

/** Also with the hyphens that one writes. */
function taskOf(name: string): Task {
  const task = tasks.find((each) => each.name === name.replaceAll("-", "_"));
  if (!task) throw new UsageError(`There is no test ${name}. There are ${known}.`);
  return task;
}

function formOf(form: string | undefined): Form {
  if (form === undefined || form === "harness") return "harness";
  if (form === "leaderboard") return form;
  throw new UsageError("--form must be leaderboard or harness.");
}

/** One line that is written over on a terminal, and a line for each tenth elsewhere. */
function progressOf({ title }: Task, { note }: Program): (answered: number, all: number) => void {
  const start = { time: performance.now(), answered: -1 };
  let lastTenth = -1;
  return (answered, all) => {
    if (start.answered < 0) start.answered = answered;
    const spent = performance.now() - start.time;
    const left = (spent / Math.max(1, answered - start.answered)) * (all - answered);
    const rest = answered > start.answered && answered < all ? `, ${Math.ceil(left / 1000)} s left` : "";
    const line = `${title}: ${answered} of ${all}${rest}`;
    const tenth = Math.floor((10 * answered) / all);
    if (process.stderr.isTTY) note(`\r${line.padEnd(60)}${answered === all ? "\n" : ""}`);
    else if (tenth > lastTenth) note(`${line}\n`);
    lastTenth = tenth;
  };
}
