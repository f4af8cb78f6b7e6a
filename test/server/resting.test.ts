// A server that nobody has asked anything of: it knows its model, and has no model process.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { chatModelsRequest, loadModel, settingsChanged, statusRequest } from "../../src/shared/methods.ts";
import type { ModelInfo } from "../../src/shared/status.ts";
import { ask, modelProcessOf, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { childrenOf } from "../support/processes.ts";

let client: LspClient;
afterEach(() => client.stop());

const settings = { ...quickSettings, model: { ...quickSettings.model, path: modelFile("falcon7b") } };

async function start(): Promise<LspClient> {
  client = await LspClient.start(settings, undefined, [], []);
  await client.statusWhere(({ state }) => state === "ready");
  return client;
}

async function modelOf({ connection }: LspClient): Promise<ModelInfo> {
  const status = await connection.sendRequest(statusRequest);
  assert.ok(status.state === "ready");
  return status.model;
}

test("it loads none, and says of it what it says once that is loaded", async () => {
  await start();
  await client.open("file:///a.ts", "let x = ");
  const before = await modelOf(client);
  const modelsBefore = await client.connection.sendRequest(chatModelsRequest);
  const status = await client.connection.sendRequest(statusRequest);
  assert.ok(status.state === "ready" && status.unloaded);
  assert.deepEqual(childrenOf(client.child.pid), []);
  assert.ok(
    client.statuses.every(({ state }) => state === "ready"),
    "nothing was loaded",
  );

  await client.connection.sendNotification(loadModel, { role: "completion" });
  await client.statusWhere((each) => each.state === "ready" && !each.unloaded);
  const after = await modelOf(client);
  const same = ["name", "path", "demonstration", "architecture", "contextSize", "infill", "kvCache"] as const;
  for (const key of same) assert.equal(before[key], after[key], key);
  assert.deepEqual(await client.connection.sendRequest(chatModelsRequest), modelsBefore);
});

test("the first key waits for the model and gets its ghost text", async () => {
  await start();
  await client.open("file:///a.ts", "let x = ");
  const completions = await client.complete("file:///a.ts", 0, 8);
  assert.ok(completions[0]?.insertText);
  modelProcessOf(client);
});

test("the first question waits for the model and gets its answer", async () => {
  await start();
  assert.equal((await ask(client, [question("Hello")])).stopReason, "limit");
  modelProcessOf(client);
});

test("what is chosen while nothing is loaded waits for the first request, and a bad file is said at once", async () => {
  await start();
  const choose = (path: string) =>
    client.connection.sendNotification(settingsChanged, { ...settings, model: { ...settings.model, path } });
  await choose(modelFile("falcon40b"));
  await client.statusWhere((each) => each.state === "ready" && each.model.path === modelFile("falcon40b"));
  await choose("/nowhere/model.gguf");
  const failed = await client.statusWhere(({ state }) => state === "failed");
  assert.ok(failed.state === "failed" && failed.problem.message.includes("/nowhere/model.gguf"));
  assert.deepEqual(childrenOf(client.child.pid), []);
});
