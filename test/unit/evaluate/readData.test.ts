import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { questionsOf } from "../../../server/evaluate/prompts.ts";
import { readData as readDataOf } from "../../../server/evaluate/readData.ts";
import type { Task } from "../../../server/evaluate/task.ts";
import { tasks } from "../../../server/evaluate/tasks/tasks.ts";
import { UserError } from "../../../server/userError.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/evaluation/", import.meta.url));

let folder: string;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-data-"));
});
after(() => fs.rmSync(folder, { recursive: true }));

const readData = (task: Task, place: string) => readDataOf(task, place, "harness");
const taskOf = (name: string) => tasks.find((each) => each.name === name) ?? assert.fail(name);

/** Writes files of a folder of its own. */
function write(files: Readonly<Record<string, string | Buffer>>): string {
  const own = fs.mkdtempSync(path.join(folder, "data-"));
  for (const [name, contents] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(own, name)), { recursive: true });
    fs.writeFileSync(path.join(own, name), contents);
  }
  return own;
}

for (const task of tasks) {
  test(`${task.title}: the hub's Parquet files hold what its JSON lines do`, async () => {
    assert.deepEqual(
      await readData(task, path.join(fixtures, "parquet")),
      await readData(task, path.join(fixtures, task.name)),
    );
  });
}

test("of all tests of the hub in one folder, each reads its own", async () => {
  const arc = taskOf("arc_challenge");
  const mmlu = taskOf("mmlu");
  const challenge = path.join(fixtures, "parquet/ARC-Challenge");
  const all = path.join(fixtures, "parquet/all");
  const read = (place: string, split: string) => fs.readFileSync(path.join(place, `${split}-00000-of-00001.parquet`));
  const hub = write({
    "ai2_arc/ARC-Challenge/test-00000-of-00001.parquet": read(challenge, "test"),
    "ai2_arc/ARC-Challenge/train-00000-of-00001.parquet": read(challenge, "train"),
    "ai2_arc/ARC-Easy/test-00000-of-00001.parquet": read(challenge, "train"),
    "mmlu/all/test-00000-of-00001.parquet": read(all, "test"),
    "mmlu/all/dev-00000-of-00001.parquet": read(all, "dev"),
    "mmlu/astronomy/test-00000-of-00001.parquet": read(all, "test"),
  });
  for (const task of [arc, mmlu]) {
    assert.deepEqual(await readData(task, hub), await readData(task, path.join(fixtures, task.name)));
  }
});

const good = { question: "Q?", mc2_targets: { choices: ["a", "b"], labels: [1, 0] } };
const lines = (...rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

for (const { what, contents, says } of [
  { what: "a line that is cut", contents: `${lines(good)}{"question": "Q?"`, says: /^Line 2 of .*is no JSON/ },
  {
    what: "a field that is missing",
    contents: lines(good, { question: "Q?" }),
    says: /^Row 2 of .*TruthfulQA \(mc2_targets/,
  },
  {
    what: "a field of another type",
    contents: lines(good, good, { ...good, question: 3 }),
    says: /^Row 3 of .*\(question: .*3\)/,
  },
  { what: "a text", contents: "Not found", says: /^Line 1 of .*is no JSON/ },
  { what: "one JSON value that is no array", contents: "[1, 2", says: /is no JSON/ },
]) {
  test(`${what} is named with its line`, async () => {
    const own = write({ "validation.jsonl": contents });
    await assert.rejects(readData(taskOf("truthfulqa_mc2"), own), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, says);
      assert.match(error.message, /validation\.jsonl/);
      return true;
    });
  });
}

test("what is no Parquet file, or a part of one, is named", async () => {
  const whole = fs.readFileSync(path.join(fixtures, "parquet/multiple_choice/validation-00000-of-00001.parquet"));
  for (const contents of ["", "PAR1", "<!DOCTYPE html>", whole.subarray(0, -40), whole.subarray(40)]) {
    const own = write({ "validation.parquet": contents });
    await assert.rejects(readData(taskOf("truthfulqa_mc2"), own), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, /validation\.parquet could not be read as Parquet/);
      return true;
    });
  }
});

test("a folder without the files says which are missing, and too few examples how many there are", async () => {
  const arc = taskOf("arc_challenge");
  await assert.rejects(readData(arc, write({ "notes.txt": "" })), /no data of ARC-Challenge: .*“test”/);
  await assert.rejects(readData(arc, path.join(folder, "missing")), /missing could not be read/);
  const row = { question: "Q?", choices: { text: ["a"], label: ["A"] }, answerKey: "A" };
  const few = write({ "test.jsonl": lines(row), "train.jsonl": lines(row, row) });
  await assert.rejects(readData(arc, few), /has 2 solved examples of arc_challenge, and 25 are needed/);
});

test("TruthfulQA is read as its authors publish it", async () => {
  const rows = [{ question: "Q?", mc1_targets: {}, mc2_targets: { yes: 1, no: 0 } }];
  const [subject] = await readData(taskOf("truthfulqa_mc2"), write({ "mc_task.json": JSON.stringify(rows) }));
  assert.deepEqual(subject?.questions, [{ question: "Q: Q?\nA:", choices: ["yes", "no"], right: [0] }]);
});

test("today's harness draws one example of HellaSwag more than it shows, and too few are told before", async () => {
  const hellaSwag = taskOf("hellaswag");
  const row = { activity_label: "A", ctx_a: "a", ctx_b: "b", endings: ["c", "d"], label: 0 };
  const ten = write({ "val.jsonl": lines(row), "train.jsonl": lines(...Array.from({ length: 10 }, () => row)) });
  await assert.rejects(readDataOf(hellaSwag, ten, "harness"), /has 10 solved examples of hellaswag, and 11 are needed/);
  const subjects = await readDataOf(hellaSwag, ten, "leaderboard");
  assert.equal(Array.from(questionsOf(hellaSwag, subjects, "leaderboard")).length, 1);
});

test("a question counts once where its file is there in two formats", async () => {
  const mmlu = taskOf("mmlu");
  const files = ["test", "dev"].flatMap((split) => [
    [`${split}.jsonl`, fs.readFileSync(path.join(fixtures, `mmlu/${split}.jsonl`))] as const,
    [
      `${split}-00000-of-00001.parquet`,
      fs.readFileSync(path.join(fixtures, `parquet/all/${split}-00000-of-00001.parquet`)),
    ] as const,
  ]);
  assert.deepEqual(
    await readData(mmlu, write(Object.fromEntries(files))),
    await readData(mmlu, path.join(fixtures, "mmlu")),
  );
});
