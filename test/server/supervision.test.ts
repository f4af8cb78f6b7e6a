// The model process under the server's eyes: it dies, is left idle, changes its model, and outlives nothing.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, beforeEach, test } from "node:test";

import { CancellationTokenSource } from "vscode-languageserver-protocol/node";

import { softwareVulkan } from "../../scripts/vulkan.ts";
import { reloadModelRequest, settingsChanged, statusRequest } from "../../src/shared/methods.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { ask, modelProcessOf, problemOf, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { childrenOf, isRunning, memoryOf, until } from "../support/processes.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-supervision-"));
after(() => fs.rmSync(folder, { recursive: true }));

let client: LspClient | undefined;
beforeEach(() => {
  client = undefined;
});
afterEach(() => client?.stop());

const talkative: ServerSettings = { ...quickSettings, chat: { maxTokens: 900, temperature: 0 } };

function choose(on: LspClient, file: string): Promise<void> {
  return on.connection.sendNotification(settingsChanged, withModel(file));
}

function withModel(file: string, more: Partial<ServerSettings["model"]> = {}): ServerSettings {
  return { ...quickSettings, model: { ...quickSettings.model, path: file, ...more } };
}

test("a killed model process interrupts the answer, and is back by itself", async () => {
  client = await LspClient.withModel(modelFile("slow"), talkative);
  const deltas: string[] = [];
  const running = ask(client, [question("Hello")], deltas);
  await until("the answer grows", () => deltas.length >= 3);
  process.kill(modelProcessOf(client), "SIGKILL");
  assert.equal((await running).stopReason, "interrupted");
  // The chat waits for the model that is being loaded again.
  const source = new CancellationTokenSource();
  const again = ask(client, [question("Hello")], deltas, source);
  const before = deltas.length;
  await until("the answer grows", () => deltas.length >= before + 3);
  source.cancel();
  assert.equal((await again).stopReason, "aborted");
});

test("a file with which the model process keeps dying is set aside; others work, and so does it when reloaded", async () => {
  const file = modelFile("falcon7b");
  client = await LspClient.withModel(file);
  for (let death = 1; death <= 4; death++) {
    await client.statusWhere(({ state }) => state === "ready");
    process.kill(modelProcessOf(client), "SIGKILL");
    await client.statusWhere(({ state }) => state !== "ready");
  }
  const status = await client.statusWhere(({ state }) => state === "failed");
  assert.ok(status.state === "failed" && status.problem.action === "restartServer");
  assert.ok(/4 times.*SIGKILL/.test(status.problem.message) && status.problem.message.includes(file));
  assert.deepEqual(await problemOf(ask(client, [question("Hello")])), status.problem);

  await choose(client, modelFile("falcon40b"));
  await client.statusWhere((each) => each.state === "ready");
  await choose(client, file);
  const refused = await client.statusWhere(({ state }) => state === "failed");
  assert.deepEqual(refused, status);
  assert.deepEqual(childrenOf(client.child.pid), [], "it is not tried again");

  await client.connection.sendRequest(reloadModelRequest, {});
  assert.equal(client.statuses.at(-1)?.state, "ready");
});

test("a model file that is cut short while it is in use: the answer goes on, and the file is refused after that", async () => {
  const file = path.join(folder, "cut.gguf");
  fs.copyFileSync(modelFile("slow"), file);
  client = await LspClient.withModel(file, talkative);
  const deltas: string[] = [];
  const source = new CancellationTokenSource();
  const running = ask(client, [question("Hello")], deltas, source);
  await until("the answer grows", () => deltas.length >= 3);
  fs.truncateSync(file, fs.statSync(file).size / 2);
  const before = deltas.length;
  await until("the answer grows further", () => deltas.length >= before + 20);
  source.cancel();
  assert.equal((await running).stopReason, "aborted");
  await client.connection.sendRequest(reloadModelRequest, {});
  const status = await client.statusWhere(({ state }) => state === "failed");
  assert.ok(status.state === "failed" && status.problem.action === "selectModel");
  assert.match(status.problem.message, /cut\.gguf is not a usable GGUF/);
  assert.deepEqual(childrenOf(client.child.pid), []);
});

test("the same with a GPU, for which the file is mapped: the answer is interrupted, and the file refused once", async (context) => {
  const own = process.env;
  context.after(() => {
    process.env = own;
  });
  process.env = { ...own, ...(await softwareVulkan(1)) };
  const file = path.join(folder, "mapped.gguf");
  fs.copyFileSync(modelFile("slow"), file);
  const model = { ...talkative.model, gpu: "vulkan", gpuLayers: 1 } as const;
  client = await LspClient.withModel(file, { ...talkative, model });
  const loaded = client.statuses.at(-1);
  assert.ok(loaded?.state === "ready" && loaded.model.device === "Vulkan");
  const deltas: string[] = [];
  const running = ask(client, [question("Hello")], deltas);
  // A GPU compiles its shaders first.
  await until("the answer grows", () => deltas.length >= 3, 120_000);
  fs.truncateSync(file, fs.statSync(file).size / 2);
  assert.equal((await running).stopReason, "interrupted");
  const status = await client.statusWhere(({ state }) => state === "failed");
  assert.ok(status.state === "failed" && status.problem.action === "selectModel");
  assert.match(status.problem.message, /mapped\.gguf is not a usable GGUF/);
  assert.deepEqual(childrenOf(client.child.pid), []);
  assert.equal(client.statuses.filter(({ state }) => state === "failed").length, 1);
  assert.deepEqual(await problemOf(ask(client, [question("Hello")])), status.problem);
});

test("a model that nobody uses leaves memory, and the next request loads it again", async () => {
  const on = await LspClient.start();
  client = on;
  const rest = (idleUnloadMinutes: number) =>
    on.connection.sendNotification(settingsChanged, withModel(modelFile("falcon7b"), { idleUnloadMinutes }));
  await client.open("file:///a.ts", "let x = ");
  for (const request of ["completion", "chat"] as const) {
    await rest(1 / 20);
    const unloaded = await client.statusWhere((status) => status.state === "ready" && status.unloaded);
    assert.ok(unloaded.state === "ready" && unloaded.model.name === "Tiny Falcon 7B");
    await until("its process is gone", () => childrenOf(on.child.pid).length === 0);
    // What comes back stays until it was used, however slow the machine is.
    await rest(0);
    const now = await client.connection.sendRequest(statusRequest);
    assert.ok(now.state === "ready" && now.unloaded && now.metrics.memory === undefined);
    if (request === "chat") assert.equal((await ask(client, [question("Hello")])).stopReason, "limit");
    else {
      const awake = client.statusAfter((status) => status.state === "ready" && !status.unloaded);
      await client.complete("file:///a.ts", 0, 8);
      await awake;
      assert.notDeepEqual(await client.complete("file:///a.ts", 0, 8), []);
    }
  }
});

test("what runs longer than the idle time is not ended by it", async () => {
  client = await LspClient.withModel(modelFile("slow"), talkative);
  const deltas: string[] = [];
  const source = new CancellationTokenSource();
  const running = ask(client, [question("Hello")], deltas, source);
  await until("the answer grows", () => deltas.length >= 3);
  const settings = withModel(modelFile("slow"), { idleUnloadMinutes: 1 / 600 });
  await client.connection.sendNotification(settingsChanged, { ...settings, chat: talkative.chat });
  // The idle time is over many times when so much is written.
  await until("the answer grows", () => deltas.length >= 100);
  source.cancel();
  assert.equal((await running).stopReason, "aborted");
});

test("whatever is chosen, unloaded and loaded again, there are never two model processes", async () => {
  client = await LspClient.withModel(modelFile("slow"));
  const { child, connection } = client;
  let most = 0;
  let samples = 0;
  const sampling = setInterval(() => {
    samples++;
    most = Math.max(most, childrenOf(child.pid).length);
  }, 10);
  for (const pause of [0, 0, 150, 0, 400, 0, 800]) {
    for (const name of ["falcon7b", "falcon40b", "slow"] as const) {
      await choose(client, modelFile(name));
      if (name === "falcon7b") void connection.sendRequest(reloadModelRequest, {});
      await sleep(pause);
    }
  }
  await choose(client, modelFile("falcon40b"));
  const status = await client.statusWhere((each) => each.state === "ready" && each.model.name === "Tiny Falcon 40B");
  clearInterval(sampling);
  assert.equal(status.state, "ready");
  assert.equal(most, 1, `of ${samples} samples`);
  assert.ok(samples > 50);
});

test("the status says in metrics how the model runs", async () => {
  const on = await LspClient.withModel(modelFile("slow"), talkative);
  client = on;
  const metrics = async () => {
    const status = await on.connection.sendRequest(statusRequest);
    assert.ok(status.state === "ready");
    return status.metrics;
  };
  const before = await metrics();
  assert.ok(before.memory !== undefined && before.tokensPerSecond === undefined && before.queue === 0);
  const measured = memoryOf(modelProcessOf(on));
  assert.ok(before.memory > measured / 2 && before.memory < measured * 2, `${before.memory}, not ${measured}`);

  for (let answer = 0; answer < 2; answer++) {
    const deltas: string[] = [];
    const source = new CancellationTokenSource();
    const running = ask(on, [question("Hello")], deltas, source);
    await until("the answer grows", () => deltas.length >= 3);
    assert.equal((await metrics()).queue, 1);
    source.cancel();
    await running;
  }
  const { tokensPerSecond = 0, firstToken = 0, reused = 0, queue } = await metrics();
  assert.ok(tokensPerSecond > 0 && tokensPerSecond < 1e5, `${tokensPerSecond} tokens/s`);
  assert.ok(firstToken > 0, `first token after ${firstToken} ms`);
  assert.ok(reused > 0.3 && reused < 0.6, `of two equal prompts ${reused} was reused`);
  assert.equal(queue, 0);
  assert.match(
    on.logs.join("\n"),
    /loaded Slow Falcon 7B in [\d.]+ s: falcon, 2048 tokens of context, CPU, \d+ tokens\/s of a prompt, \d+ MB/,
  );
});

/** Brings a server to where its model process is busy. */
const busy: readonly [doing: string, begin: () => Promise<LspClient>][] = [
  [
    "loads",
    async () => {
      const on = await LspClient.start(withModel(modelFile("slow")));
      await until("the process is there", () => childrenOf(on.child.pid).length > 0);
      return on;
    },
  ],
  [
    "evaluates a prompt",
    async () => {
      const on = await LspClient.withModel(modelFile("slow"));
      ask(on, [question("word ".repeat(1500))]).catch(() => undefined);
      await on.statusWhere((status) => status.state === "ready" && status.generating);
      return on;
    },
  ],
  [
    "writes",
    async () => {
      const on = await LspClient.withModel(modelFile("slow"), talkative);
      const deltas: string[] = [];
      ask(on, [question("Hello")], deltas).catch(() => undefined);
      await until("the answer grows", () => deltas.length >= 3);
      return on;
    },
  ],
];

for (const [doing, begin] of busy) {
  test(`when the server is killed while the model process ${doing}, that ends too`, async () => {
    const killed = await begin();
    const model = modelProcessOf(killed);
    killed.child.kill("SIGKILL");
    killed.connection.dispose();
    await until("the model process is gone", () => !isRunning(model));
  });
}
