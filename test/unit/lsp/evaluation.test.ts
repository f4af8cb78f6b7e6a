// Which model an evaluation takes, and that it gives way to what the user asks.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CancellationTokenSource } from "vscode-languageserver-protocol/node";

import type { LoadRequest, Model } from "../../../server/engine/engine.ts";
import type { EvaluationStep } from "../../../src/shared/evaluation.ts";
import { chatRequest, evaluateRequest, evaluationProgress } from "../../../src/shared/methods.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";
import { serveInProcess } from "../../support/serverInProcess.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const inUse = path.join(fixtures, "parity/falcon7b.gguf");
const other = path.join(fixtures, "parity/falcon3.gguf");
const data = path.join(fixtures, "evaluation/truthfulqa_mc2");

let folder: string;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-evaluation-"));
});
after(() => fs.rmSync(folder, { recursive: true }));

const settings = {
  model: { path: inUse, promptCache: { folder: "/saved", keep: true } },
  models: { cudaFolder: "/cuda" },
};
const asked = (model: string) => ({
  ...{ tests: ["truthfulqa_mc2" as const], model, data, partialResultToken: "steps" },
  answersFolder: fs.mkdtempSync(path.join(folder, "answers-")),
});

/** Whose scores are counted, and wait for `isOpen`. */
function scoringModel(isOpen: Promise<unknown> = Promise.resolve()) {
  const [scored, stopped] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const seen = { scores: 0, scored: scored.promise, stopped: stopped.promise };
  const score: NonNullable<Model["score"]> = async ({ continuations }, signal) => {
    seen.scores++;
    scored.resolve(undefined);
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    await Promise.race([isOpen, aborted]);
    if (!signal.aborted) return continuations.map(() => ({ logProbabilities: [-1], greedy: false, evaluated: 1 }));
    stopped.resolve(undefined);
    return undefined;
  };
  return { seen, score };
}

test("a model in use that is not in memory yet is loaded where the user's requests go", async () => {
  const { seen, score } = scoringModel();
  const { client, stop } = await serveInProcess(
    { ...scriptedModel({ path: inUse }), score },
    { initializationOptions: { settings, load: [] } },
    { createBackgroundHost: () => assert.fail("no second process") },
  );
  await client.sendRequest(evaluateRequest, asked(inUse));
  assert.ok(seen.scores > 0);
  await stop();
});

test("another model runs in the background, and stands still while the user waits for an answer", async () => {
  const [opened, answered] = [Promise.withResolvers<undefined>(), Promise.withResolvers<"end">()];
  const { seen, score } = scoringModel(opened.promise);
  const loads: LoadRequest[] = [];
  let disposals = 0;
  const { client, stop } = await serveInProcess(
    scriptedModel({ path: inUse }, () => answered.promise),
    { initializationOptions: { settings } },
    {
      createBackgroundHost: () => ({
        memory: undefined,
        load: (request) => {
          loads.push(request);
          return Promise.resolve({ ...scriptedModel({ path: other }), score });
        },
        dispose: () => {
          disposals++;
          return Promise.resolve();
        },
      }),
    },
  );
  const steps: EvaluationStep[] = [];
  client.onProgress(evaluationProgress, "steps", (step) => void steps.push(step));
  const evaluation = client.sendRequest(evaluateRequest, asked(other));
  await seen.scored;
  const chat = client.sendRequest(chatRequest, {
    ...{ messages: [{ role: "user", text: "?" }], partialResultToken: "chat" },
  } as never);
  await seen.stopped;
  assert.equal(steps.at(-1)?.answered, 0);
  opened.resolve(undefined);
  answered.resolve("end");
  await chat;
  await evaluation;
  assert.ok(steps.at(-1)?.result);
  assert.equal(loads.length, 1);
  assert.equal(loads[0]?.plan.cudaFolder, "/cuda");
  assert.ok(disposals > 0, "it is unloaded");
  await stop();
});

test("cancelled while a model loads, an evaluation ends, and the load with it", async () => {
  const loading = Promise.withResolvers<undefined>();
  let isEnded = false;
  const { client, stop } = await serveInProcess(
    scriptedModel({ path: inUse }),
    { initializationOptions: { settings } },
    {
      createBackgroundHost: () => {
        const { promise, reject } = Promise.withResolvers<Model>();
        let isLoading = false;
        return {
          memory: undefined,
          load: () => {
            isLoading = true;
            loading.resolve(undefined);
            return promise;
          },
          dispose: () => {
            if (isLoading) isEnded = true;
            if (isLoading) reject(new Error("ended"));
            return Promise.resolve();
          },
        };
      },
    },
  );
  const source = new CancellationTokenSource();
  const evaluation = client.sendRequest(evaluateRequest, asked(other), source.token);
  await loading.promise;
  source.cancel();
  assert.equal(await evaluation, null);
  assert.ok(isEnded);
  await stop();
});
