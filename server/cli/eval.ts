// `falcon eval TEST…`: measures the model with tests of the leaderboard, and prints the results as JSON.

import path from "node:path";
import process from "node:process";

import { type EvaluationTest, evaluationTests, runsCode } from "../../src/shared/evaluation.ts";
import type { Change } from "../evaluate/changes.ts";
import { evaluate, type Evaluation } from "../evaluate/evaluate.ts";
import { hashModel } from "../evaluate/hashModel.ts";
import type { Form } from "../evaluate/prompts.ts";
import { readTests } from "../evaluate/readTests.ts";
import type { Test } from "../evaluate/test.ts";
import { loadModel, type Program, UsageError } from "./program.ts";

export interface EvalOptions {
  readonly data?: string | undefined;
  readonly limit?: number | undefined;
  readonly form?: string | undefined;
  readonly answers?: string | undefined;
  readonly "run-generated-code"?: boolean | undefined;
}

/** As a shell tells of a program that was interrupted. */
const interrupted = 130;

export async function runEval(names: readonly string[], options: EvalOptions, program: Program): Promise<void> {
  const { data, limit, "run-generated-code": runGeneratedCode = false } = options;
  const asked = names.map(nameOf);
  if (asked.length === 0) throw new UsageError(`falcon eval TEST… of ${known}`);
  if (data === undefined) throw new UsageError("--data must name the folder of the tests' files.");
  if (limit === 0) throw new UsageError("--limit must be 1 or more.");
  const form = formOf(options.form);
  if (!runGeneratedCode && asked.some(runsCode)) throw new UsageError(question);
  const tests = await readTests(asked, { data, form, limit, runGeneratedCode });
  const model = await loadModel("completion", program);
  const modelHash = await hashModel(program.settings.model.path, [], program.signal);
  const answersFolder = path.resolve(options.answers ?? "falcon-answers");
  const results: Evaluation[] = [];
  for (const test of tests) {
    const result =
      modelHash !== undefined &&
      (await evaluate(
        model,
        test,
        { modelHash, answersFolder, onAnew: anew(test, program) },
        progressOf(test, program),
        program.signal,
      ));
    if (!result) {
      program.note("\nStopped. The same command goes on from here.\n");
      process.exitCode = interrupted;
      return;
    }
    if (result.cut > 0) {
      program.note(
        `${result.cut} of ${result.questions} prompts ${test.metric === "pass@1" ? "were not asked" : "lost their beginning"}: they have more tokens than the context.\n`,
      );
    }
    results.push(result);
  }
  const { name, device } = model.info;
  program.print(`${JSON.stringify({ model: name, device, results }, undefined, 2)}\n`);
}

const known = evaluationTests.join(", ");

const question =
  "humaneval… runs code that the model writes, in Python within bubblewrap on Linux: without the network, without your files, " +
  "with a folder in memory as the only place to write to, for 3 seconds of a processor and with 2 GB at the most. " +
  "Say --run-generated-code if that may be.";

/** Also with the hyphens that one writes. */
function nameOf(name: string): EvaluationTest {
  const test = evaluationTests.find((each) => each === name.replaceAll("-", "_"));
  if (!test) throw new UsageError(`There is no test ${name}. There are ${known}.`);
  return test;
}

function formOf(form: string | undefined): Form {
  if (form === undefined || form === "harness") return "harness";
  if (form === "leaderboard") return form;
  throw new UsageError("--form must be leaderboard or harness.");
}

/** Tells why answers that are there do not count. */
function anew({ title }: Test, { note }: Program): (changes: readonly Change[]) => void {
  const say = ({ name, before, now }: Change) => {
    if (name === "model") return "the model's file is another";
    if (name === "data") return "the data is other";
    if (name === "contextSize")
      return `a prompt may have ${String(now)} tokens, and had ${String(before)} (--context-size, free memory)`;
    return `${name} was ${before ?? "not given"} and is ${now ?? "not given"}`;
  };
  return (changes) => note(`${title} begins anew: ${changes.map(say).join("; ")}. The earlier answers are kept.\n`);
}

/** One line that is written over on a terminal, and a line for each tenth elsewhere. */
function progressOf({ title }: Test, { note }: Program): (answered: number, all: number) => void {
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
