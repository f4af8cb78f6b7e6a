// What a model is asked to write, and what its text becomes, with the programs really run.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

import { provideBubblewrap } from "../../../../scripts/bubblewrap.ts";
import type { PromptPart } from "../../../../server/engine/engine.ts";
import type { CodeAnswer } from "../../../../server/evaluate/answersFile.ts";
import { codeTasks } from "../../../../server/evaluate/code/codeTasks.ts";
import { codeTest } from "../../../../server/evaluate/code/codeTest.ts";
import { readProblems } from "../../../../server/evaluate/code/readProblems.ts";
import { Sandbox } from "../../../../server/evaluate/code/sandbox.ts";
import { UserError } from "../../../../server/userError.ts";
import { lineProblems, wholeProblems, writeProblems } from "../../../support/problems.ts";
import { scriptedModel } from "../../../support/scriptedModel.ts";

const taskOf = (name: string) => codeTasks.find((each) => each.name === name) ?? assert.fail(name);
const [whole, line] = [taskOf("humaneval"), taskOf("humaneval_single_line_infilling")];
const never = new AbortController().signal;

const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-code-"));
const folder = path.join(root, "published");
before(() => {
  fs.mkdirSync(folder);
  writeProblems(folder);
});
after(() => fs.rmSync(root, { recursive: true }));

function write(name: string, contents: string | Buffer): string {
  const own = fs.mkdtempSync(path.join(root, "data-"));
  fs.mkdirSync(path.dirname(path.join(own, name)), { recursive: true });
  fs.writeFileSync(path.join(own, name), contents);
  return own;
}

test("published files are read whatever their format, and those of other tests are left alone", async () => {
  assert.deepEqual(
    (await readProblems(whole, folder)).map(({ id }) => id),
    wholeProblems.map(({ task_id }) => task_id),
  );
  assert.deepEqual(
    (await readProblems(line, folder)).map(({ before: prompt, after: suffix }) => [prompt, suffix]),
    lineProblems.map(({ prompt, suffix }) => [prompt, suffix]),
  );
  const lines = wholeProblems.map((each) => `${JSON.stringify(each)}\n`).join("");
  for (const name of ["HumanEval.jsonl", "openai_humaneval/test.jsonl"]) {
    assert.equal((await readProblems(whole, write(name, lines))).length, wholeProblems.length, name);
  }
});

test("data that is missing or wrong is named", async () => {
  const name = "HumanEval-SingleLineInfilling.jsonl.gz";
  for (const [data, words] of [
    [write("other.jsonl", "{}"), /needs the published file HumanEval-SingleLineInfilling\.jsonl\.gz/],
    [path.join(folder, "missing"), /missing could not be read/],
    [write(name, gzipSync(JSON.stringify(wholeProblems[0]))), /Row 1 .*\(suffix/],
    [write(name, "no gzip"), /could not be read as gzip/],
  ] as const) {
    await assert.rejects(readProblems(line, data), (error) => error instanceof UserError && words.test(error.message));
  }
});

if (process.platform === "linux") {
  let sandbox: Sandbox;
  before(async () => {
    await provideBubblewrap();
    sandbox = await Sandbox.open();
  });

  async function answers(task: typeof whole, texts: readonly string[], info = {}) {
    const left = [...texts];
    const model = scriptedModel(info, (onText) => {
      onText(left.shift() ?? assert.fail("one more was asked for"));
      return "end";
    });
    const given: CodeAnswer[] = [];
    for (const question of codeTest(task, await readProblems(task, folder), sandbox).questions()) {
      const answer = await question.answer(model, 1000, never);
      assert.ok(answer && "outcome" in answer);
      given.push(answer);
    }
    return { given, asked: model.asked };
  }
  const values = (given: readonly CodeAnswer[]) => given.map(({ value }) => value);
  const stripStable = (prompt: readonly PromptPart[]) =>
    prompt.filter((part) => part !== "" && !(typeof part === "object" && ("stable" in part || "cursor" in part)));

  test("a function is continued after its description, to where another begins", async () => {
    const { given, asked } = await answers(whole, [wholeProblems[0]?.canonical_solution ?? "", "    return 1\n"]);
    assert.deepEqual(values(given), [1, 0]);
    assert.deepEqual(
      given.map(({ outcome }) => outcome),
      ["passed", "failed"],
    );
    for (const [i, { prompt, stop, temperature }] of asked.entries()) {
      assert.deepEqual(stripStable(prompt), [wholeProblems[i]?.prompt]);
      assert.deepEqual(stop, ["\nclass", "\ndef", "\n#", "\nif", "\nprint"]);
      assert.equal(temperature, 0);
    }
  });

  test("a missing line is asked for in the model's form of infilling, and is one line", async () => {
    const lines = lineProblems.map(({ canonical_solution: solution }) => solution.replace("\n", ""));
    const { given, asked } = await answers(line, lines);
    assert.deepEqual(
      values(given),
      lineProblems.map(() => 1),
    );
    const { prompt, suffix } = lineProblems[0] ?? assert.fail();
    assert.deepEqual(stripStable(asked[0]?.prompt ?? []), [
      { role: "prefix" },
      prompt,
      { role: "suffix" },
      suffix,
      { role: "middle" },
    ]);
    assert.deepEqual(asked[0]?.stop, ["\n"]);
    const wrong = await answers(
      line,
      lines.map(() => "    pass"),
    );
    assert.ok(values(wrong.given).includes(0));
  });

  test("what a context has no room for is not asked, and counts as wrong", async () => {
    const model = scriptedModel({ contextSize: 1 });
    const [question] = codeTest(whole, await readProblems(whole, folder), sandbox).questions();
    const answer = await question?.answer(model, 0, never);
    assert.deepEqual([answer?.cut, answer?.value, model.asked.length], [1, 0, 0]);
  });

  test("a model that cannot infill is refused by name", async () => {
    const asked = answers(line, [], { infill: false, name: "Falcon-7B" });
    await assert.rejects(asked, (error) => error instanceof UserError && /Falcon-7B/.test(error.message));
  });

  test("a few of many problems are far apart", async () => {
    const problems = await readProblems(line, folder);
    const ids = (limit: number) => [...codeTest(line, problems, sandbox, limit).questions()].map(({ id }) => id);
    assert.deepEqual(ids(2), ["SingleLineInfilling/HumanEval/0/L0", "SingleLineInfilling/HumanEval/1/L1"]);
    assert.equal(ids(100).length, problems.length);
  });
}
