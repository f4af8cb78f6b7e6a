// From the names of tests to the tests with their data.

import * as l10n from "@vscode/l10n";

import type { EvaluationTest } from "../../src/shared/evaluation.ts";
import { UserError } from "../userError.ts";
import { choiceTest } from "./choiceTest.ts";
import { codeTasks } from "./code/codeTasks.ts";
import { codeTest } from "./code/codeTest.ts";
import { readProblems } from "./code/readProblems.ts";
import { Sandbox } from "./code/sandbox.ts";
import type { Form } from "./prompts.ts";
import { readData } from "./readData.ts";
import { tasks } from "./tasks/tasks.ts";
import type { Test } from "./test.ts";

export interface TestOptions {
  /** Folder of the published files. */
  readonly data: string;
  readonly form: Form;
  /** So many questions of each subject; all unless given. */
  readonly limit?: number | undefined;
  /** Whether the user agreed that code runs which a model writes. */
  readonly runGeneratedCode: boolean;
}

/**
 * In the order of their names. What is wrong with the data of the last one, or with where code is to run, is told before the first question.
 * @throws UserError
 */
export async function readTests(names: readonly EvaluationTest[], options: TestOptions): Promise<readonly Test[]> {
  const { data, form, limit, runGeneratedCode } = options;
  const code = codeTasks.filter(({ name }) => names.includes(name));
  if (code.length > 0 && !runGeneratedCode) throw notAsked(code.map(({ title }) => title));
  const sandbox = code.length > 0 ? await Sandbox.open() : undefined;
  return Promise.all(
    names.map(async (name) => {
      const task = tasks.find((each) => each.name === name);
      if (task) return choiceTest(task, await readData(task, data, form), form, limit);
      const codeTask = code.find((each) => each.name === name);
      if (!codeTask || !sandbox) throw new Error(`there is no test ${name}`);
      return codeTest(codeTask, await readProblems(codeTask, data), sandbox, limit);
    }),
  );
}

function notAsked(titles: readonly string[]): UserError {
  return new UserError(
    l10n.t("{0} runs code that the model writes, which nobody was asked for. Agree to that first.", titles.join(", ")),
  );
}
