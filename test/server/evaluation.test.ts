// Evaluation over the protocol, with the built server and real models: the loaded one, and another.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CancellationTokenSource } from "vscode-languageserver-protocol/node";

import type { EvaluateParams, EvaluationResult, EvaluationStep } from "../../src/shared/evaluation.ts";
import { compareEvaluationsRequest, evaluateRequest, evaluationProgress } from "../../src/shared/methods.ts";
import { LspClient } from "../support/lspClient.ts";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const data = path.join(fixtures, "evaluation/parquet");
const loaded = path.join(fixtures, "parity/falcon7b.gguf");
const other = path.join(fixtures, "parity/falcon3.gguf");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-evaluation-"));
const many = path.join(folder, "many");
let client: LspClient;
before(async () => {
  // So many questions that a busy machine answers them long after a cancellation has come.
  fs.mkdirSync(many);
  const read = (split: string) => fs.readFileSync(path.join(fixtures, `evaluation/mmlu/${split}.jsonl`), "utf8");
  fs.writeFileSync(path.join(many, "dev.jsonl"), read("dev"));
  fs.writeFileSync(path.join(many, "test.jsonl"), read("test").repeat(500));
  client = await LspClient.withModel(loaded);
});
after(async () => {
  await client.stop();
  fs.rmSync(folder, { recursive: true });
});

/** @returns the results of the tests that were done */
async function evaluateAll(
  asked: Partial<EvaluateParams>,
  onStep: (step: EvaluationStep, cancel: () => void) => void = () => undefined,
  { connection } = client,
): Promise<EvaluationResult[]> {
  const partialResultToken = "progress";
  const source = new CancellationTokenSource();
  const results: EvaluationResult[] = [];
  const listener = connection.onProgress(evaluationProgress, partialResultToken, (step) => {
    if (step.result) results.push(step.result);
    else onStep(step, () => source.cancel());
  });
  const tests = ["mmlu"] as const;
  const params = { tests, model: loaded, data, answersFolder: folder, partialResultToken, ...asked };
  try {
    await connection.sendRequest(evaluateRequest, params, source.token);
    return results;
  } finally {
    listener.dispose();
  }
}

async function evaluate(...of: Parameters<typeof evaluateAll>): Promise<EvaluationResult | null> {
  const [result = null] = await evaluateAll(...of);
  return result;
}

test("cancelled, an evaluation goes on where it was, and the loaded model stays", async () => {
  const cancelled = await evaluate({ data: many }, ({ answered }, cancel) => {
    if (answered === 3) cancel();
  });
  assert.equal(cancelled, null);
  const seen: EvaluationStep[] = [];
  const again = await evaluate({ data: many }, (progress, cancel) => {
    seen.push(progress);
    cancel();
  });
  assert.equal(again, null);
  assert.ok((seen[0]?.answered ?? 0) >= 3, "it goes on");
  assert.equal(seen[0]?.all, 5000);
  assert.equal(client.statuses.at(-1)?.state, "ready");
});

test("of two windows that go on with the same evaluation one is refused, and no question is answered twice", async (t) => {
  const second = await LspClient.withModel(loaded);
  t.after(() => second.stop());
  const answersFolder = path.join(folder, "shared");
  const asked = { data: many, answersFolder };
  const refusal = Promise.withResolvers<unknown>();
  const first = evaluate(asked, ({ answered }, cancel) => {
    if (answered !== 1) return;
    void evaluate(asked, (_, cancelSecond) => cancelSecond(), second)
      .then(refusal.resolve, refusal.resolve)
      .finally(cancel);
  });
  assert.match(String(await refusal.promise), /MMLU is running with the same model and data already/);
  assert.equal(await first, null);
  let goesOnAt = 0;
  const stop = ({ answered }: EvaluationStep, cancel: () => void) => {
    goesOnAt ||= answered;
    cancel();
  };
  assert.equal(await evaluate(asked, stop, second), null);
  assert.ok(goesOnAt >= 1, "once the first is paused, the other goes on with it");
  const [file = "", ...others] = fs.readdirSync(answersFolder);
  assert.deepEqual(others, []);
  const [, ...lines] = fs.readFileSync(path.join(answersFolder, file), "utf8").trim().split("\n");
  const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
  assert.equal(new Set(ids).size, ids.length);
});

test("the loaded model is measured, subject by subject", async () => {
  const seen: EvaluationStep[] = [];
  const result = await evaluate({}, (progress) => void seen.push(progress));
  assert.ok(result);
  assert.deepEqual(seen[0], { test: "mmlu", answered: 0, all: 10, contextSize: 2047 });
  assert.deepEqual(seen.at(-1), { test: "mmlu", answered: 10, all: 10, contextSize: 2047 });
  assert.equal(result.questions, 10);
  assert.equal(result.subjects.length, 2);
  assert.equal(result.device, "CPU");
});

test("another model is loaded beside it, and compared on the same questions", async () => {
  const first = await evaluate({});
  const second = await evaluate({ model: other });
  assert.ok(first && second);
  assert.notEqual(first.settings["model"], second.settings["model"]);
  const files = { first: first.answersFile, second: second.answersFile };
  const { questions, difference, method } = await client.connection.sendRequest(compareEvaluationsRequest, files);
  assert.equal(questions, 10);
  assert.equal(method, "mcnemar");
  assert.ok(Math.abs(difference - (second.score - first.score)) < 1e-12);
  const truthful = await evaluate({ tests: ["truthfulqa_mc2"] });
  assert.ok(truthful);
  await assert.rejects(
    client.connection.sendRequest(compareEvaluationsRequest, { ...files, second: truthful.answersFile }),
    /no question in common/,
  );
});

test("a model that is not in use is loaded once for several tests", async () => {
  const loads = () => client.logs.filter((line) => line.startsWith("loaded ")).length;
  const before = loads();
  const results = await evaluateAll({ tests: ["truthfulqa_mc2", "mmlu"], model: other });
  assert.deepEqual(
    results.map(({ test: each }) => each),
    ["truthfulqa_mc2", "mmlu"],
  );
  assert.equal(loads(), before + 1);
});

test("data that is wrong is named, and so is a model that is none", async () => {
  const empty = path.join(folder, "empty");
  fs.mkdirSync(empty);
  await assert.rejects(evaluate({ data: empty }), /has no data of MMLU/);
  await assert.rejects(evaluate({ model: path.join(folder, "missing.gguf") }), /missing\.gguf/);
  await assert.rejects(evaluate({ limit: 0 }), /limit/);
});

test("code of a model does not run unless the user agreed to it", async () => {
  await assert.rejects(evaluate({ tests: ["humaneval"] }), /runs code that the model writes/);
});
