// A test of code: the model fills the gap of each problem, greedily, and the function passes the problem's checks or not.

import * as l10n from "@vscode/l10n";

import { EngineError, type Model, type PromptPart } from "../../engine/engine.ts";
import { completionPrompt, pathLine } from "../../completion/infillPrompt.ts";
import { UserError } from "../../userError.ts";
import type { CodeAnswer } from "../answersFile.ts";
import { sha256 } from "../evaluate.ts";
import type { Test } from "../test.ts";
import type { CodeTask, Problem } from "./codeTasks.ts";
import type { Sandbox } from "./sandbox.ts";

/** Tokens of a completion, as lm-evaluation-harness has it. */
const longestCompletion = 1024;

/** @param limit so many problems, as far apart as possible: neighbours are of the same function; all unless given */
export function codeTest(task: CodeTask, problems: readonly Problem[], sandbox: Sandbox, limit?: number): Test {
  const { name, title } = task;
  const asked = limit === undefined ? problems : spread(problems, limit);
  return {
    ...{ name, title, metric: "pass@1" },
    settings: { data: sha256(asked), python: sandbox.pythonVersion },
    count: asked.length,
    *questions() {
      for (const problem of asked) {
        yield { id: problem.id, answer: (model, _, signal) => answer(model, task, problem, sandbox, signal) };
      }
    },
  };
}

async function answer(
  model: Model,
  task: CodeTask,
  problem: Problem,
  sandbox: Sandbox,
  signal: AbortSignal,
): Promise<CodeAnswer | undefined> {
  const { id, before, after } = problem;
  const prompt = promptOf(task, problem, model);
  const count = await model.countTokens(prompt);
  // One token is what a prompt may begin with, one is written at the least.
  const room = model.info.contextSize - count - 1;
  const common = { id, subject: task.name };
  if (room < 1) return { ...common, cut: 1 - room, completion: "", outcome: "failed", value: 0 };
  const maxTokens = Math.min(longestCompletion, room);
  const { text, stopReason } = await model.generate(
    { priority: "background", temperature: 0, prompt, maxTokens, stop: task.stop },
    () => undefined,
    signal,
  );
  if (stopReason === "aborted") return undefined;
  if (stopReason === "interrupted") throw new EngineError("died", "The model’s process ended while it wrote.");
  // The end of the line belongs to the gap, and ended the text.
  const completion = task.gap === "line" ? `${text}\n` : text;
  const outcome = await sandbox.run(programOf(problem, before + completion + after), signal);
  return outcome && { ...common, cut: 0, completion, outcome, value: outcome === "passed" ? 1 : 0 };
}

/** The function with the checks, as the tests' own scorer puts them together. */
export function programOf({ test, entryPoint }: Pick<Problem, "test" | "entryPoint">, code: string): string {
  return `${code}\n${test}\ncheck(${entryPoint})`;
}

function promptOf(task: CodeTask, { before, after, entryPoint }: Problem, { info }: Model): readonly PromptPart[] {
  if (task.gap === "end") return [before];
  if (!info.infill) {
    throw new UserError(
      l10n.t(
        "{0} does not know what comes after a gap, which {1} asks for. Choose another model.",
        info.name,
        task.title,
      ),
      { action: "selectModel" },
    );
  }
  const firstLine = pathLine({ path: `${entryPoint}.py` }, info);
  return completionPrompt({ before, typed: "", suffix: after }, firstLine, info);
}

function spread<T>(values: readonly T[], count: number): T[] {
  const place = (i: number) => Math.floor((i * count) / values.length);
  return count >= values.length ? [...values] : values.filter((_, i) => place(i) !== place(i - 1));
}
