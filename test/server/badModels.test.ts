// Every kind of bad model file, through the server: one clear message each, and nothing worse.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { inspectModelRequest, settingsChanged } from "../../src/shared/methods.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { ServerStatus } from "../../src/shared/status.ts";
import { models, writeModel } from "../fixtures/models.ts";
import { ask, problemOf, question } from "../support/asking.ts";
import { badFiles } from "../support/badModels.ts";
import { oddFiles } from "../support/badValues.ts";
import { ModelFiles } from "../support/modelFiles.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { childrenOf } from "../support/processes.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-bad-models-"));
const files = new ModelFiles(folder);
/** Runs at the beginning of each process. */
const preload = path.join(folder, "preload.cjs");
let client: LspClient;
before(async () => {
  fs.writeFileSync(preload, "");
  process.env["NODE_OPTIONS"] = `--require ${preload}`;
  client = await LspClient.start();
});
after(async () => {
  await client.stop();
  fs.rmSync(folder, { recursive: true });
});

/** Chooses a model, and waits until it is loaded or refused. */
async function choose(file: string, more: Partial<ServerSettings["model"]> = {}): Promise<ServerStatus> {
  const settings = { ...quickSettings, model: { ...quickSettings.model, path: file, ...more } };
  const settled = client.statusAfter(({ state }) => state === "ready" || state === "failed");
  await client.connection.sendNotification(settingsChanged, settings);
  return settled;
}

for (const [name, makeFile, cause] of badFiles) {
  test(`${name}: refused with one message, without a process`, async () => {
    const file = makeFile(files);
    const problem = await problemOf(client.connection.sendRequest(inspectModelRequest, { path: file }));
    assert.match(problem.message, cause);
    const reported = client.statuses.length;
    const status = await choose(file);
    assert.deepEqual(status, { state: "failed", model: path.basename(file), problem });
    assert.equal(client.statuses.slice(reported).filter(({ state }) => state === "failed").length, 1);
    assert.deepEqual(childrenOf(client.child.pid), []);
  });
}

for (const [name, makeFile] of oddFiles) {
  test(`${name}: used`, async () => {
    const status = await choose(makeFile(files));
    assert.ok(status.state === "ready" && status.model.name.length <= 100);
    const { stopReason } = await ask(client, [question("Hello")]);
    assert.ok(["end", "limit"].includes(stopReason));
  });
}

test("a tensor too many is refused with one message", async () => {
  const extra = { name: "blk.0.extra.weight", dims: [64], values: new Float32Array(64) };
  const status = await choose(files.modelWith({}, (tensors) => [...tensors, extra]));
  assert.ok(status.state === "failed" && /wrong number of tensors/.test(status.problem.message));
});

test("a model whose weights are no numbers answers with nothing", async () => {
  const file = files.modelWith({}, (tensors) =>
    tensors.map((tensor) => ({ ...tensor, values: new Float32Array(tensor.values.length).fill(NaN) })),
  );
  assert.equal((await choose(file)).state, "ready");
  const deltas: string[] = [];
  const { stopReason } = await ask(client, [question("Hello")], deltas);
  assert.ok(["end", "limit"].includes(stopReason));
  assert.equal(childrenOf(client.child.pid).length, 1);
});

test("a model's own chat template is not run, so that one that never ends does no harm", async () => {
  const forever = "{% for a in range(100000) %}{% for b in range(100000) %}{{ a * b }}{% endfor %}{% endfor %}";
  const file = files.modelWith({ "tokenizer.chat_template": { type: "string", value: forever } });
  assert.equal((await choose(file)).state, "ready");
  assert.equal((await ask(client, [question("Hello")])).stopReason, "limit");
});

/** What the next model's process finds free, whatever the machine has. Each finds less than the one before. */
function limitMemory(bytes: number): void {
  const starts = JSON.stringify(path.join(folder, "starts"));
  fs.rmSync(path.join(folder, "starts"), { force: true });
  fs.writeFileSync(
    preload,
    `const fs = require("node:fs");
    fs.appendFileSync(${starts}, ".");
    process.availableMemory = () => ${bytes} * 0.95 ** fs.statSync(${starts}).size;`,
  );
}

test("a context that does not fit into memory: one that does, or a message that names the setting", async () => {
  const file = path.join(folder, "long.gguf");
  // Each of four million tokens takes 32 KiB.
  const shape = { layers: 64, embedding: 128, heads: 8, kvHeads: 8, contextLength: 2 ** 22 };
  writeModel(file, { ...models.falcon40b, ...shape });
  limitMemory(600e6);
  const less = await choose(file, { contextSize: 2 ** 22 });
  assert.ok(less.state === "ready");
  const { contextSize, fallback = "" } = less.model;
  assert.ok(contextSize >= 1024 && contextSize * 32 * 1024 < 600e6, `${contextSize} tokens`);
  assert.match(fallback, new RegExp(`^Not enough memory: a context of ${contextSize} tokens fits; using the CPU with`));

  limitMemory(5e6);
  const status = await choose(file, { contextSize: 2 ** 21 });
  assert.ok(status.state === "failed" && status.problem.message.includes(file));
  assert.match(status.problem.message, /not enough memory.*falcon\.model\.contextSize/);
  limitMemory(600e6);
  assert.equal((await choose(file, { contextSize: 1024 })).state, "ready");
});
