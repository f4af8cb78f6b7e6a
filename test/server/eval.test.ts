// The evaluation from the command line, stopped and continued.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { provideBubblewrap } from "../../scripts/bubblewrap.ts";
import { seededRandom } from "../support/mutations.ts";
import { lineProblems, writeProblems } from "../support/problems.ts";
import { rounds } from "../support/soak.ts";

const program = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const data = path.join(fixtures, "evaluation/parquet");
const model = path.join(fixtures, "parity/falcon7b.gguf");

let folder: string;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-eval-"));
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function start(...args: string[]): ChildProcess {
  // The last one of several counts.
  const options = ["--model", model, "--gpu", "off", "--threads", "1", "--context-size", "1024"];
  return spawn(process.execPath, [program, "eval", ...options, ...args], { cwd: folder, stdio: "pipe" });
}

async function outcome(child: ChildProcess) {
  assert.ok(child.stdout && child.stderr);
  const ended = once(child, "exit");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  return { code, output, errors };
}

interface Result {
  readonly task: string;
  readonly questions: number;
  readonly score: number;
  readonly standardError: number;
  readonly settings: unknown;
  readonly cut: number;
}

const resultsOf = (output: string) => (JSON.parse(output) as { results: readonly Result[] }).results;
/** What is the same however often it was stopped: the state that a prompt is evaluated from moves the last digits. */
const exactOf = ({ task, questions, settings, cut }: Result) => ({ task, questions, settings, cut });

test("whenever it is stopped, the same command goes on, to the same result", { timeout: 300_000 }, async () => {
  const tests = ["arc-challenge", "truthfulqa_mc2"];
  const whole = await outcome(start(...tests, "--data", data, "--answers", "whole"));
  assert.equal(whole.code, 0, whole.errors);
  const expected = resultsOf(whole.output);
  assert.deepEqual(
    expected.map(({ task, questions }) => [task, questions]),
    [
      ["arc_challenge", 5],
      ["truthfulqa_mc2", 5],
    ],
  );
  assert.match(whole.errors, /5 of 5 prompts lost their beginning/);

  const random = seededRandom(5);
  for (let round = 0; round < rounds(2, 20); round++) {
    const args = [...tests, "--data", data, "--answers", `stopped-${round}`];
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      const child = start(...args);
      assert.ok(child.stderr && child.stdout);
      const ended = once(child, "exit");
      // A line for each question: of so few each is a tenth or more.
      let left = 1 + random(4);
      for await (const line of createInterface({ input: child.stderr })) {
        if (/ \d of 5/.test(line) && --left === 0) child.kill(signal);
      }
      const [code] = (await ended) as [number | null];
      if (code !== 0) assert.equal(code, signal === "SIGINT" ? 130 : null);
    }
    const rest = await outcome(start(...args));
    assert.equal(rest.code, 0, rest.errors);
    const results = resultsOf(rest.output);
    assert.deepEqual(results.map(exactOf), expected.map(exactOf));
    for (const [i, result] of results.entries()) {
      for (const figure of ["score", "standardError"] as const) {
        const wanted = expected[i]?.[figure] ?? NaN;
        assert.ok(
          Math.abs(result[figure] - wanted) < 1e-4,
          `${result.task}, ${figure}: ${result[figure]}, not ${wanted}`,
        );
      }
    }
    // None was asked twice. A process that is killed while it gives a lock back leaves a file of that.
    for (const file of fs.readdirSync(path.join(folder, `stopped-${round}`))) {
      if (!file.endsWith(".jsonl")) continue;
      const lines = fs
        .readFileSync(path.join(folder, `stopped-${round}`, file), "utf8")
        .trimEnd()
        .split("\n");
      const ids = lines.slice(1).map((line) => (JSON.parse(line) as { id: string }).id);
      assert.equal(new Set(ids).size, 5, file);
      assert.equal(ids.length, 5, file);
    }
  }
});

test("other settings are answered anew, and the same ones not at all", { timeout: 120_000 }, async () => {
  const args = ["truthfulqa_mc2", "--data", data, "--limit", "2"];
  const first = await outcome(start(...args));
  assert.equal(first.code, 0, first.errors);
  const again = await outcome(start(...args));
  assert.equal(again.output, first.output);
  assert.doesNotMatch(again.errors, /0 of 2/);
  for (const { errors } of [first, again]) assert.doesNotMatch(errors, /begins anew/);
  const more = await outcome(start("truthfulqa_mc2", "--data", data, "--limit", "3", "--form", "leaderboard"));
  assert.match(more.errors, /0 of 3/);
  assert.match(
    more.errors,
    /TruthfulQA begins anew: form was harness and is leaderboard; limit was 2 and is 3\. The earlier answers are kept\./,
  );
  assert.equal(fs.readdirSync(path.join(folder, "falcon-answers")).length, 2);
  const smaller = await outcome(start(...args, "--context-size", "512"));
  assert.match(smaller.errors, /begins anew: a prompt may have 511 tokens, and had 1023 \(/);
});

test("a wrong call says what is wrong", async () => {
  for (const [args, code, message] of [
    [[], 2, /eval TEST… of arc_challenge, hellaswag, mmlu, truthfulqa_mc2/],
    [["arc"], 2, /no test arc/],
    [["mmlu"], 2, /--data/],
    [["mmlu", "--data", data, "--limit", "0"], 2, /--limit/],
    [["mmlu", "--data", data, "--form", "old"], 2, /--form/],
    [["mmlu", "--data", "missing"], 1, /missing could not be read/],
  ] as const) {
    const failed = await outcome(start(...args));
    assert.equal(failed.code, code, failed.errors);
    assert.match(failed.errors, message);
  }
});

if (process.platform === "linux") {
  test(
    "code that the model writes runs once the user says so, and goes on where it was stopped",
    { timeout: 300_000 },
    async () => {
      await provideBubblewrap();
      const bundled = fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url));
      const problems = path.join(folder, "problems");
      fs.mkdirSync(problems);
      writeProblems(problems);
      const name = "humaneval-single-line-infilling";
      const startCode = (...args: string[]) =>
        start(name, "--data", problems, "--answers", "code", "--model", bundled, ...args);
      const unasked = await outcome(startCode());
      assert.equal(unasked.code, 2);
      assert.match(unasked.errors, /runs code that the model writes.*--run-generated-code/);
      assert.equal(fs.existsSync(path.join(folder, "code")), false);

      const stopped = startCode("--run-generated-code");
      assert.ok(stopped.stderr);
      const ended = once(stopped, "exit");
      for await (const line of createInterface({ input: stopped.stderr })) {
        if (/ 2 of 5/.test(line)) stopped.kill("SIGINT");
      }
      assert.deepEqual(await ended, [130, null]);
      const rest = await outcome(startCode("--run-generated-code"));
      assert.equal(rest.code, 0, rest.errors);
      assert.doesNotMatch(rest.errors, /[01] of 5/);
      const [result] = resultsOf(rest.output);
      assert.equal(result?.questions, lineProblems.length);
      const [file = ""] = fs.readdirSync(path.join(folder, "code"));
      const [, ...lines] = fs
        .readFileSync(path.join(folder, "code", file), "utf8")
        .trimEnd()
        .split("\n");
      const answers = lines.map((line) => JSON.parse(line) as { id: string; completion: string; outcome: string });
      assert.deepEqual(
        answers.map(({ id }) => id),
        lineProblems.map(({ task_id: id }) => id),
      );
      for (const { completion } of answers) assert.match(completion, /^[^\n]*\n$/);
      assert.equal(result.score, answers.filter((answer) => answer.outcome === "passed").length / answers.length);
    },
  );
}
