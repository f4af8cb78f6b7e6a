// The leaderboard's tests on small models, held against lm-evaluation-harness: training/evaluation_reference.py wrote its numbers.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { AnswersFile } from "../../server/evaluate/answersFile.ts";
import { choiceTest } from "../../server/evaluate/choiceTest.ts";
import { evaluate, type EvaluationOptions } from "../../server/evaluate/evaluate.ts";
import { questionsOf } from "../../server/evaluate/prompts.ts";
import { readData } from "../../server/evaluate/readData.ts";
import type { Task } from "../../server/evaluate/task.ts";
import { tasks } from "../../server/evaluate/tasks/tasks.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

interface ReferenceQuestion {
  readonly id: string;
  /** SHA-256 of the prompt. */
  readonly prompt: string;
  /** Of each choice. */
  readonly tokens: readonly number[];
  readonly logLikelihoods: readonly number[];
}

interface Reference {
  readonly contextSize: number;
  readonly models: readonly {
    readonly name: string;
    readonly tasks: readonly {
      readonly task: string;
      readonly questions: readonly ReferenceQuestion[];
      /** Score and standard error of the task and of its subjects. */
      readonly scores: Readonly<Record<string, readonly [number, number]>>;
    }[];
  }[];
  /** The place of each question, in the order of the leaderboard, and the SHA-256 of its prompt. */
  readonly leaderboard: Readonly<Record<string, readonly (readonly [number, string])[]>>;
}

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const reference = JSON.parse(fs.readFileSync(path.join(fixtures, "evaluation/evaluation.json"), "utf8")) as Reference;

/** Nats for each token. */
const tolerance = 5e-4;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-evaluation-"));
const engine = new ModelUnderTest({ onDied: (reason) => assert.fail(`the model process died: ${reason}`) });
after(async () => {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;

function taskOf(name: string): Task {
  const task = tasks.find((each) => each.name === name);
  assert.ok(task);
  return task;
}

const dataOf = (task: Task) => readData(task, path.join(fixtures, "evaluation", task.name), "harness");

function modelOf(engineUnderTest: ModelUnderTest) {
  assert.ok(engineUnderTest.model);
  return engineUnderTest.model;
}

async function run(task: Task, options: Partial<EvaluationOptions> & Pick<EvaluationOptions, "answersFolder">) {
  const all = { modelHash: "", contextSize: reference.contextSize, ...options };
  const asked = choiceTest(task, await dataOf(task), "harness");
  return evaluate(modelOf(engine), asked, all, () => undefined, never);
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const textOf = (prompt: readonly unknown[]) => prompt.filter((part) => typeof part === "string").join("");

for (const { name, tasks: measured } of reference.models) {
  describe(name, () => {
    before(() =>
      engine.load({
        plan: {
          path: path.join(fixtures, `parity/${name}.gguf`),
          ...{ contextSize: reference.contextSize + 64, gpu: "off", kvCache: "f32", threads: 1 },
        },
      }),
    );

    for (const { task: taskName, questions, scores } of measured) {
      const task = taskOf(taskName);

      test(`${task.title}: each choice is as likely as in the harness, and the scores are equal`, async () => {
        const evaluation = await run(task, { answersFolder: path.join(folder, name) });
        assert.ok(evaluation);
        const { answers } = await AnswersFile.open(evaluation.answersFile, evaluation.settings);
        assert.equal(answers.size, questions.length);
        for (const { id, tokens, logLikelihoods } of questions) {
          const answer = answers.get(id);
          assert.ok(answer && "tokens" in answer, id);
          assert.deepEqual(answer.tokens, tokens, id);
          for (const [i, expected] of logLikelihoods.entries()) {
            const difference = Math.abs((answer.logLikelihoods[i] ?? NaN) - expected) / (tokens[i] ?? NaN);
            assert.ok(difference <= tolerance, `${id}, choice ${i}: ${difference} nat per token`);
          }
        }
        const precision = task.metric === "mc2" ? 2 * tolerance : 1e-9;
        for (const { score, standardError, subject } of [
          { ...evaluation, subject: taskName },
          ...evaluation.subjects,
        ]) {
          const [expected = NaN, error = NaN] = scores[subject] ?? [];
          assert.ok(Math.abs(score - expected) <= precision, `${subject}: ${score}, not ${expected}`);
          assert.ok(
            Math.abs((standardError ?? NaN) - error) <= precision,
            `${subject}: ± ${standardError}, not ${error}`,
          );
        }
      });
    }
  });
}

describe("what is evaluated", () => {
  // Transformers of both kinds, and recurrent states with and without attention beside them.
  for (const name of ["falcon7b", "falcon3", "falconH1", "falconMamba"]) {
    test(`${name}: the examples of a subject once, the prompt of a question once for all of its choices`, async () => {
      const shown = {
        path: path.join(fixtures, `parity/${name}.gguf`),
        contextSize: 2048,
        gpu: "off",
        threads: 1,
      } as const;
      await engine.load({ plan: shown });
      const task = taskOf("mmlu");
      const asked = [...questionsOf(task, await dataOf(task), "harness")];
      for (const [i, { id, subject, prompt, continuations }] of asked.entries()) {
        const [examples = ""] = prompt;
        const all = await engine.countTokens(prompt);
        const own = all - (await engine.countTokens([examples]));
        const scores = await engine.score({ priority: "background", prompt, continuations }, never);
        const [first = NaN, ...others] = scores?.map(({ evaluated }) => evaluated) ?? [];
        // The last token of a prompt is evaluated for each continuation. Where two texts meet one token may be another.
        const expected = asked[i - 1]?.subject === subject ? own + 2 : all + 1;
        assert.ok(first <= expected, `${id}: ${first} of ${all} tokens, ${own} after the examples`);
        assert.deepEqual(others, [1, 1, 1], id);
      }
    });
  }
});

describe("prompts", () => {
  for (const { task: taskName, questions } of reference.models[0]?.tasks ?? []) {
    test(`${taskName}: are those of the harness to the character`, async () => {
      const task = taskOf(taskName);
      const prompts = new Map(questions.map(({ id, prompt }) => [id, prompt]));
      for (const { id, prompt, continuations } of questionsOf(task, await dataOf(task), "harness")) {
        // A blank at the end of the harness's prompt is one of ours at the beginning of a continuation.
        const blank = /^ *(?= )/.exec(continuations[0] ?? "")?.[0] ?? "";
        const ends = [textOf(prompt), textOf(prompt) + blank, `${textOf(prompt)} `];
        assert.ok(ends.map(sha256).includes(prompts.get(id) ?? ""), id);
      }
    });
  }

  for (const [taskName, prompts] of Object.entries(reference.leaderboard)) {
    test(`${taskName}: are those of the leaderboard in its form`, async () => {
      const task = taskOf(taskName);
      const asked = [...questionsOf(task, await dataOf(task), "leaderboard")];
      assert.deepEqual(
        asked.map(({ id }) => id),
        prompts.map(([place]) => `${taskName}/${place}`),
      );
      for (const [i, { prompt }] of asked.entries()) {
        assert.ok([textOf(prompt), `${textOf(prompt)} `].map(sha256).includes(prompts[i]?.[1] ?? ""), `${i}`);
      }
    });
  }
});
