import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { type Answer, AnswersFile, readAnswers } from "../../../server/evaluate/answersFile.ts";
import { UserError } from "../../../server/userError.ts";
import fc from "../../support/fastCheck.ts";

let folder: string;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-answers-"));
});
after(() => fs.rmSync(folder, { recursive: true }));

const settings = { model: "e3b0", task: "mmlu" };
const answers: readonly Answer[] = ["a/0", "a/1", "é/2"].map((id, i) => ({
  ...{ id, subject: "é", logLikelihoods: [-1.5, -i], tokens: [1, 2], cut: 0, value: 1 },
}));

test("a file that ends anywhere goes on with what is whole", async () => {
  const file = path.join(folder, "cut.jsonl");
  const whole = await AnswersFile.open(file, settings);
  for (const each of answers) await whole.add(each);
  const bytes = fs.readFileSync(file);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length), async (length) => {
      fs.writeFileSync(file, bytes.subarray(0, length));
      const cut = await AnswersFile.open(file, settings);
      for (const each of answers) if (!cut.answers.has(each.id)) await cut.add(each);
      assert.equal(fs.readFileSync(file, "utf8"), bytes.toString());
      assert.deepEqual([...cut.answers.values()], answers);
    }),
    { examples: Array.from({ length: bytes.length + 1 }, (_, length): [number] => [length]) },
  );
});

test("a file of other settings, or with a line that is no answer, is refused and stays as it is", async () => {
  const file = path.join(folder, "other.jsonl");
  for (const text of ['{"model":"b"}\n', `${JSON.stringify(settings)}\n{"id":"a/0"}\n`, "no JSON\n", "no line"]) {
    fs.writeFileSync(file, text);
    await assert.rejects(AnswersFile.open(file, settings), (error) => error instanceof UserError);
    assert.equal(fs.readFileSync(file, "utf8"), text);
  }
});

test("a file that cannot be read is not taken for an empty one, and stays as it is", async (t) => {
  const file = path.join(folder, "unreadable.jsonl");
  const text = `${JSON.stringify(settings)}\n${JSON.stringify(answers[0])}\n`;
  fs.writeFileSync(file, text);
  const denied = Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
  t.mock.method(fs.promises, "readFile", () => Promise.reject(denied));
  const says = (error: unknown) => error instanceof UserError && /could not be read \(EMFILE/.test(error.message);
  await assert.rejects(AnswersFile.open(file, settings), says);
  await assert.rejects(readAnswers(file), says);
  assert.equal(fs.readFileSync(file, "utf8"), text);
});
