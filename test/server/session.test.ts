// How the server stands: models that are missing, bad, changed or killed, and the chat on top of them.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, beforeEach, test } from "node:test";

import { CancellationTokenSource, type ResponseError } from "vscode-languageserver-protocol/node";

import {
  chatDelta,
  chatRequest,
  inspectModelRequest,
  problemCode,
  settingsChanged,
  statusRequest,
} from "../../src/shared/methods.ts";
import type { ChatResult, Message, Problem } from "../../src/shared/protocol.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-session-"));
after(() => fs.rmSync(folder, { recursive: true }));

let client: LspClient | undefined;
let nextToken = 0;
beforeEach(() => {
  client = undefined;
});
afterEach(() => client?.stop());

const question = (text: string): Message => ({ id: text, role: "user", text, attachments: [] });

/** Asks in the chat; `deltas` fills while the answer runs. */
function ask(
  on: LspClient,
  messages: readonly Message[],
  deltas: string[] = [],
  source = new CancellationTokenSource(),
) {
  const partialResultToken = String(nextToken++);
  on.connection.onProgress(chatDelta, partialResultToken, (delta) => {
    deltas.push(delta);
  });
  return on.connection.sendRequest(chatRequest, { messages, partialResultToken }, source.token);
}

async function problemOf(request: Promise<unknown>): Promise<Problem> {
  try {
    await request;
  } catch (error) {
    const { code, data } = error as ResponseError<Problem>;
    assert.equal(code, problemCode, String(error));
    assert.ok(data);
    return data;
  }
  throw new Error("the request succeeded");
}

/** Ids of the processes that a process has started. */
function childrenOf(pid: number | undefined): number[] {
  const list = execFileSync("ps", ["-eo", "ppid=,pid="], { encoding: "utf8" });
  return [...list.matchAll(/^\s*(\d+)\s+(\d+)$/gm)]
    .filter(([, parent]) => Number(parent) === pid)
    .map(([, , child]) => Number(child));
}

/** The model process of a server: its only child but for the `ps` that asks. */
function modelProcessOf(on: LspClient): number {
  const [pid] = childrenOf(on.child.pid);
  assert.ok(pid);
  return pid;
}

test("without a model nothing completes, and the chat says what to do", async () => {
  client = await LspClient.start();
  await client.statusWhere(({ state }) => state === "noModel");
  await client.open("file:///a.ts", "let x = ");
  assert.deepEqual(await client.complete("file:///a.ts", 0, 8), []);
  assert.equal((await problemOf(ask(client, [question("Hello")]))).action, "selectModel");
});

test("loading is shown in steps, from nothing to ready", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const steps = client.statuses.map((status) => (status.state === "loading" ? status.progress : status.state));
  assert.equal(steps[0], 0);
  assert.equal(steps.at(-1), "ready");
  const fractions = steps.filter((step) => typeof step === "number");
  assert.deepEqual(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
  assert.deepEqual(await client.connection.sendRequest(statusRequest), client.statuses.at(-1));
});

const badFiles: readonly [name: string, content: Buffer | undefined, cause: RegExp][] = [
  ["missing.gguf", undefined, /does not exist/],
  ["text.gguf", Buffer.from("not a model"), /does not begin with “GGUF”/],
  ["truncated.gguf", fs.readFileSync(modelFile("falcon7b")).subarray(0, 1_000_000), /reaches to byte/],
];

for (const [name, content, cause] of badFiles) {
  test(`a bad model file, ${name}: one status names it and the cause, and a good one mends it`, async () => {
    const file = path.join(folder, name);
    if (content) fs.writeFileSync(file, content);
    client = await LspClient.withModel(file);
    const failed = client.statuses.filter(({ state }) => state === "failed");
    assert.equal(failed.length, 1);
    const [status] = failed;
    assert.ok(status?.state === "failed" && status.problem.action === "selectModel");
    assert.match(status.problem.message, cause);
    assert.ok(status.problem.message.includes(file));
    await client.open("file:///a.ts", "let x = ");
    assert.deepEqual(await client.complete("file:///a.ts", 0, 8), []);
    assert.deepEqual(await problemOf(ask(client, [question("Hello")])), status.problem);
    assert.deepEqual(
      client.logs.filter((line) => line.startsWith("inline completion")),
      [],
    );

    const settings = { ...quickSettings, model: { ...quickSettings.model, path: modelFile("falcon7b") } };
    await client.connection.sendNotification(settingsChanged, settings);
    await client.statusWhere(({ state }) => state === "ready");
  });
}

test("an answer streams, and its pieces are the answer", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const deltas: string[] = [];
  const result = await ask(client, [question("Hello")], deltas);
  assert.deepEqual(result, { stopReason: "maxTokens", leftOut: 0 } satisfies ChatResult);
  assert.ok(deltas.length > 50 && deltas.join("").length > 200);
});

test("cancelling stops an answer, and the next one runs", async () => {
  client = await LspClient.withModel(modelFile("slow"), { ...quickSettings, chat: { maxTokens: 900, temperature: 0 } });
  const source = new CancellationTokenSource();
  const deltas: string[] = [];
  const running = ask(client, [question("Hello")], deltas, source);
  while (deltas.length < 3) await sleep(10);
  source.cancel();
  const cancelled = performance.now();
  assert.equal((await running).stopReason, "aborted");
  assert.ok(performance.now() - cancelled < 1000);
  assert.ok(deltas.length < 100);
});

test("the oldest questions are left out when a conversation outgrows the context", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const answer = (text: string): Message => ({ id: text, role: "assistant", text, state: "done" });
  const long = "word ".repeat(500);
  const conversation = [question(long), answer(long), question(long), answer(long), question("And now?")];
  assert.deepEqual(await ask(client, conversation), { stopReason: "maxTokens", leftOut: 2 });
});

test("a message that does not fit is refused with the numbers", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const { message } = await problemOf(ask(client, [question("word ".repeat(3000))]));
  assert.match(message, /has \d{4} tokens.* room for 1848/);
});

test("a server that is told to stop while a model loads stops cleanly", async () => {
  const stopped = await LspClient.start({
    ...quickSettings,
    model: { ...quickSettings.model, path: modelFile("slow") },
  });
  await stopped.statusWhere(({ state }) => state === "loading");
  await stopped.stop();
  assert.equal(stopped.child.exitCode, 0);
});

test("a killed model process interrupts the answer, and is back by itself", async () => {
  client = await LspClient.withModel(modelFile("slow"), { ...quickSettings, chat: { maxTokens: 900, temperature: 0 } });
  const deltas: string[] = [];
  const running = ask(client, [question("Hello")], deltas);
  while (deltas.length < 3) await sleep(10);
  process.kill(modelProcessOf(client), "SIGKILL");
  assert.deepEqual(await running, { stopReason: "interrupted", leftOut: 0 });
  // The chat waits for the model that is being loaded again.
  const source = new CancellationTokenSource();
  const again = ask(client, [question("Hello")], deltas, source);
  const before = deltas.length;
  while (deltas.length < before + 3) await sleep(10);
  source.cancel();
  assert.equal((await again).stopReason, "aborted");
});

test("a model process that keeps dying is not started for ever", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  for (let death = 1; death <= 4; death++) {
    await client.statusWhere(({ state }) => state === "ready");
    process.kill(modelProcessOf(client), "SIGKILL");
    await client.statusWhere(({ state }) => state !== "ready");
  }
  const status = await client.statusWhere(({ state }) => state === "failed");
  assert.ok(status.state === "failed" && status.problem.action === "restartServer");
});

test("another model takes the place of the loaded one, in a process of its own", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const first = modelProcessOf(client);
  const settings = { ...quickSettings, model: { ...quickSettings.model, path: modelFile("falcon40b") } };
  await client.connection.sendNotification(settingsChanged, settings);
  const status = await client.statusWhere((each) => each.state === "ready" && each.model.name === "Tiny Falcon 40B");
  assert.equal(status.state, "ready");
  assert.deepEqual(childrenOf(client.child.pid).length, 1);
  assert.notEqual(modelProcessOf(client), first);
});

test("the last of several quick changes is the model that is loaded", async () => {
  client = await LspClient.start();
  for (const name of ["falcon7b", "falcon40b", "slow", "falcon40b"] as const) {
    const settings = { ...quickSettings, model: { ...quickSettings.model, path: modelFile(name) } };
    await client.connection.sendNotification(settingsChanged, settings);
  }
  await client.statusWhere(({ state }) => state === "ready");
  await sleep(300);
  const status = await client.connection.sendRequest(statusRequest);
  assert.ok(status.state === "ready" && status.model.name === "Tiny Falcon 40B");
  assert.equal(childrenOf(client.child.pid).length, 1);
});

test("when the server is killed, the model process ends, whatever it does", async () => {
  const settings = { ...quickSettings, chat: { maxTokens: 1024, temperature: 0 } };
  const killed = await LspClient.withModel(modelFile("slow"), settings);
  const model = modelProcessOf(killed);
  const deltas: string[] = [];
  ask(killed, [question("Hello")], deltas).catch(() => undefined);
  while (deltas.length < 3) await sleep(10);
  killed.child.kill("SIGKILL");
  killed.connection.dispose();
  for (let waited = 0; isRunning(model); waited += 50) {
    assert.ok(waited < 2000, "still running after 2 s");
    await sleep(50);
  }
});

test("messages come in the user's language", async () => {
  const italian = { "The model file {0} does not exist. Choose another file.": "Il file {0} non esiste." };
  client = await LspClient.start(quickSettings, italian);
  const problem = await problemOf(client.connection.sendRequest(inspectModelRequest, { path: "/nowhere.gguf" }));
  assert.equal(problem.message, "Il file /nowhere.gguf non esiste.");
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
