import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { l10n } from "vscode";

import { EvaluationRuns } from "../../../src/evaluate/evaluationRuns.ts";
import { describeNewStart } from "../../../src/evaluate/testWords.ts";
import type { EvaluationRun } from "../../../src/shared/evaluation.ts";

let folder: string;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-runs-"));
});
after(() => fs.rmSync(folder, { recursive: true }));

const run: EvaluationRun = {
  ...{ id: "a", started: 1, model: { path: "/m.gguf", name: "M" }, data: "/data", limit: 20 },
  tests: ["arc_challenge", "mmlu"],
  results: [
    {
      ...{ test: "arc_challenge", score: 0.5, standardError: 0.1, questions: 20, cut: 1, device: "CPU" },
      subjects: [{ subject: "arc_challenge", score: 0.5, standardError: 0.1, questions: 20 }],
      settings: { model: "00", contextSize: 2047 },
      answersFile: "/answers/a.jsonl",
    },
  ],
  stopped: { answered: 7, all: 100, contextSize: 2047 },
};

test("another window reads what was saved, the newest first, and goes on with it", async () => {
  const store = new EvaluationRuns(path.join(folder, "kept"));
  assert.deepEqual(await store.list(), []);
  const newer = { ...run, id: "b", started: 2 };
  await store.save(run);
  await store.save(newer);
  const other = new EvaluationRuns(path.join(folder, "kept"));
  assert.deepEqual(await other.list(), [newer, run]);
  await other.delete(newer);
  assert.deepEqual(await store.list(), [run]);
});

test("of what is saved in one go the last counts", async () => {
  const store = new EvaluationRuns(path.join(folder, "fast"));
  await Promise.all(
    Array.from({ length: 20 }, (_, answered) =>
      store.save({ ...run, stopped: { answered, all: 100, contextSize: 2047 } }),
    ),
  );
  assert.deepEqual(
    (await store.list()).map(({ stopped }) => stopped?.answered),
    [19],
  );
});

test("files that hold no run are none", async () => {
  const own = path.join(folder, "odd");
  const store = new EvaluationRuns(own);
  await store.save(run);
  fs.writeFileSync(path.join(own, "b.json"), "{");
  fs.writeFileSync(path.join(own, "c.json"), JSON.stringify({ ...run, id: "c", tests: ["chess"] }));
  fs.writeFileSync(path.join(own, "d.json.part"), JSON.stringify(run));
  assert.deepEqual(await store.list(), [run]);
});

test("of what comes on the way the first is saved at once and the others later, and a folder that cannot be written harms nothing", async () => {
  const store = new EvaluationRuns(path.join(folder, "way"));
  const saved = async () => (await store.list()).map(({ stopped }) => stopped?.answered);
  for (let answered = 0; answered < 1000; answered++) {
    store.saveSoon({ ...run, stopped: { answered, all: 1000, contextSize: 2047 } });
  }
  await store.save({ ...run, id: "b" });
  assert.deepEqual(await saved(), [0, 7]);
  await store.saveNow(run);
  assert.deepEqual(await saved(), [7, 7]);
  const file = path.join(folder, "file");
  fs.writeFileSync(file, "");
  await new EvaluationRuns(path.join(file, "below")).saveNow(run);
});

const told = {
  t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, i) => String(values[Number(i)])),
};

for (const { what, step, says } of [
  { what: "goes on", step: { answered: 7, contextSize: 2047 }, says: undefined },
  { what: "is the next one", step: { test: "hellaswag", answered: 0, contextSize: 511 }, says: undefined },
  {
    what: "has another context",
    step: { answered: 0, contextSize: 511 },
    says: /^MMLU .*511 tokens now, and had 2047/,
  },
  { what: "has another model", step: { answered: 0, contextSize: 2047 }, says: /^MMLU begins anew: the model’s file/ },
] as const) {
  test(`a stopped test that ${what} ${says ? "says why it begins anew" : "says nothing"}`, () => {
    const words = describeNewStart(run, { test: "mmlu", all: 100, ...step }, told as Pick<typeof l10n, "t">);
    if (says) assert.match(words ?? "", says);
    else assert.equal(words, undefined);
  });
}
