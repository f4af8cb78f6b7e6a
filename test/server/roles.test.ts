// Ghost text and the chat on two models, each in a process of its own; and on one, in one.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, test } from "node:test";

import { CancellationTokenSource } from "vscode-languageserver-protocol/node";

import { loadModel, reloadModelRequest, settingsChanged, statusRequest } from "../../src/shared/methods.ts";
import { modelRoles, statusOf } from "../../src/shared/modelRoles.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { ModelStatus, ServerStatus } from "../../src/shared/status.ts";
import { ask, problemOf, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { childrenOf, until } from "../support/processes.ts";

const [falcon7b, falcon40b, slow] = [modelFile("falcon7b"), modelFile("falcon40b"), modelFile("slow")];

let client: LspClient | undefined;
beforeEach(() => {
  client = undefined;
});
afterEach(() => client?.stop());

/** Settings that give each role a model. */
function models(completion: string, chat: string, more: Partial<ServerSettings["model"]> = {}): ServerSettings {
  return {
    ...quickSettings,
    model: { ...quickSettings.model, ...more },
    inlineCompletion: { ...quickSettings.inlineCompletion, model: completion },
    chat: { maxTokens: 900, temperature: 0, model: chat },
  };
}

function change(on: LspClient, settings: ServerSettings): Promise<void> {
  return on.connection.sendNotification(settingsChanged, settings);
}

/** Who chooses a model is going to use it. */
async function chooseForChat(on: LspClient, settings: ServerSettings): Promise<void> {
  await change(on, settings);
  await on.connection.sendNotification(loadModel, { role: "chat" });
}

const isReady = (status: ModelStatus, path: string) =>
  status.state === "ready" && !status.unloaded && status.model.path === path;
const areReady = (completion: string, chat: string) => (status: ServerStatus) =>
  isReady(statusOf(status, "completion"), completion) &&
  isReady(statusOf(status, "chat"), chat) &&
  (status.chat === undefined) === (completion === chat);

async function start(settings: ServerSettings, completion: string, chat: string): Promise<LspClient> {
  client = await LspClient.start(settings);
  await client.statusWhere(areReady(completion, chat));
  return client;
}

/** Has the chat answer until it is cancelled, again where an answer ends before, and waits until one grows. */
async function keepAnswering(on: LspClient) {
  const deltas: string[] = [];
  const source = new CancellationTokenSource();
  const answer = async (): Promise<string> => {
    const { stopReason } = await ask(on, [question("Hello")], deltas, source);
    return stopReason === "interrupted" || source.token.isCancellationRequested ? stopReason : answer();
  };
  const ending = answer();
  await until("the answer grows", () => deltas.length >= 3);
  /** Fails when the answer was interrupted. */
  const stop = async () => {
    source.cancel();
    assert.notEqual(await ending, "interrupted");
  };
  return { deltas, stop };
}

async function complete(on: LspClient, uri: string): Promise<string> {
  await on.open(uri, "function add(a, b) {\n  return ");
  const [item] = await on.complete(uri, 1, 9);
  return item?.insertText ?? "";
}

/** Ids of the model processes, by the model that was loaded into each. */
function processes(on: LspClient): number[] {
  return childrenOf(on.child.pid);
}

test("each role has its own model in its own process, and the status tells of both", async () => {
  const on = await start(models(falcon7b, falcon40b), falcon7b, falcon40b);
  assert.equal(processes(on).length, 2);
  assert.notEqual(await complete(on, "file:///a.ts"), "");
  const deltas: string[] = [];
  await ask(on, [question("Hello")], deltas);
  assert.ok(deltas.length > 0);
  const status = await on.connection.sendRequest(statusRequest);
  for (const role of modelRoles) {
    const model = statusOf(status, role);
    assert.ok(model.state === "ready" && (model.metrics.evaluated ?? 0) > 0, `${role} ran`);
  }
  // What each writes is its own model's: the other way round, the ghost text is another.
  const first = await complete(on, "file:///b.ts");
  const pids = processes(on).toSorted();
  await change(on, models(falcon40b, falcon7b));
  await on.statusWhere(areReady(falcon40b, falcon7b));
  assert.deepEqual(processes(on).toSorted(), pids, "nothing is loaded to change places");
  assert.notEqual(await complete(on, "file:///c.ts"), first);
});

test("two roles with one model are one process, also when one of them comes to it later", async () => {
  const on = await start(models(falcon7b, falcon7b), falcon7b, falcon7b);
  const [pid, ...more] = processes(on);
  assert.deepEqual(more, []);
  await chooseForChat(on, models(falcon7b, falcon40b));
  await on.statusWhere(areReady(falcon7b, falcon40b));
  assert.ok(pid !== undefined && processes(on).includes(pid), "the one that stays is not loaded again");
  await change(on, models(falcon40b, falcon40b));
  await on.statusWhere(areReady(falcon40b, falcon40b));
  await until("the other is gone", () => processes(on).length === 1);
  assert.ok(!processes(on).includes(pid));
  assert.notEqual(await complete(on, "file:///a.ts"), "");
});

test("a role's model is changed while the other answers", async () => {
  const on = await start(models(falcon7b, slow), falcon7b, slow);
  const { deltas, stop } = await keepAnswering(on);
  await change(on, models(falcon40b, slow));
  await on.statusWhere(areReady(falcon40b, slow));
  const before = deltas.length;
  await until("the answer grows on", () => deltas.length > before);
  assert.notEqual(await complete(on, "file:///a.ts"), "");
  await stop();
});

test("a chat that waits for its model gets the one that is chosen meanwhile", async () => {
  const on = await start(models(falcon7b, falcon7b), falcon7b, falcon7b);
  await change(on, models(falcon7b, slow));
  const deltas: string[] = [];
  const answer = ask(on, [question("Hello")], deltas);
  await change(on, models(falcon7b, falcon40b));
  await answer;
  assert.ok(deltas.length > 0);
  const status = await on.connection.sendRequest(statusRequest);
  const chat = statusOf(status, "chat");
  assert.ok(chat.state === "ready" && chat.model.path === falcon40b && (chat.metrics.evaluated ?? 0) > 0);
});

test("one model's process dies and the other's goes on; the dead one is back by itself", async () => {
  const on = await start(models(falcon7b, falcon7b), falcon7b, falcon7b);
  const [pid] = processes(on);
  assert.ok(pid !== undefined);
  await chooseForChat(on, models(falcon7b, slow));
  await on.statusWhere(areReady(falcon7b, slow));
  const { deltas, stop } = await keepAnswering(on);
  process.kill(pid, "SIGKILL");
  await on.statusWhere((status) => status.state !== "ready" && status.chat?.state === "ready");
  const before = deltas.length;
  await until("the answer grows on", () => deltas.length > before);
  await on.statusWhere(areReady(falcon7b, slow));
  assert.notEqual(await complete(on, "file:///a.ts"), "");
  await stop();
});

test("a model that cannot be loaded is named and leaves the other alone; to reload loads it alone", async () => {
  client = await LspClient.start(models(falcon7b, "/nowhere/chat.gguf"));
  const on = client;
  const status = await on.statusWhere(({ state, chat }) => state === "ready" && chat?.state === "failed");
  assert.ok(status.chat?.state === "failed");
  assert.match(status.chat.problem.message, /\/nowhere\/chat\.gguf/);
  assert.notEqual(await complete(on, "file:///a.ts"), "");
  assert.deepEqual(await problemOf(ask(on, [question("Hello")])), status.chat.problem);
  const pids = processes(on);
  await on.connection.sendRequest(reloadModelRequest, {});
  assert.deepEqual(processes(on), pids);
});

test("each model leaves memory by itself when it is not used, and comes back alone", async () => {
  const settings = (seconds: number) => models(falcon7b, falcon40b, { idleUnloadMinutes: seconds / 60 });
  // None rests before both are there: the second may take longer to load than the first waits.
  const on = await start(settings(0), falcon7b, falcon40b);
  await change(on, settings(3));
  const end = Date.now() + 120_000;
  // Ghost text is asked for all the time, the chat is not.
  const chat = async () => statusOf(await on.connection.sendRequest(statusRequest), "chat");
  for (let i = 0, status = await chat(); !(status.state === "ready" && status.unloaded); i++, status = await chat()) {
    assert.ok(Date.now() < end, "the chat's model is unloaded");
    await complete(on, `file:///${i}.ts`);
    await sleep(100);
  }
  // From now on all that is there stays.
  await change(on, settings(0));
  await on.statusWhere((status) => isReady(statusOf(status, "completion"), falcon7b));
  await until("the chat's process is gone", () => processes(on).length === 1);
  const [ghostText] = processes(on);
  assert.notEqual((await ask(on, [question("Hello")])).stopReason, "interrupted");
  assert.ok(isReady(await chat(), falcon40b), "the chat's model is back");
  const both = processes(on);
  assert.equal(both.length, 2);
  assert.ok(ghostText !== undefined && both.includes(ghostText), "ghost text's model stayed");
});
