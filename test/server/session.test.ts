// How the server stands: models that are missing, bad or chosen anew, and the chat on top of them.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { CancellationTokenSource } from "vscode-languageserver-protocol/node";

import { inspectModelRequest, settingsChanged, statusRequest } from "../../src/shared/methods.ts";
import type { ChatResult, Message } from "../../src/shared/chat.ts";
import { ask, problemOf, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-session-"));
after(() => fs.rmSync(folder, { recursive: true }));

let client: LspClient | undefined;
beforeEach(() => {
  client = undefined;
});
afterEach(() => client?.stop());

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
  const { state } = await client.connection.sendRequest(statusRequest);
  assert.equal(state, "ready");
});

const badFiles: readonly [name: string, content: Buffer | undefined, cause: RegExp][] = [
  ["missing.gguf", undefined, /does not exist/],
  ["text.gguf", Buffer.from("not a model"), /text\.gguf is not a usable GGUF/],
  [
    "truncated.gguf",
    fs.readFileSync(modelFile("falcon7b")).subarray(0, 1_000_000),
    /truncated\.gguf is not a usable GGUF/,
  ],
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

test("an adapter changes the answers of its model, and is refused with the cause for another", async () => {
  const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/parity/${name}`, import.meta.url));
  const adapter = { path: fixture("falcon7b-adapter.gguf"), scale: 1 };
  const model = { ...quickSettings.model, path: fixture("falcon7b.gguf") };
  const foreign = { ...model, adapters: { [modelFile("falcon7b")]: [adapter] } };
  client = await LspClient.withModel(modelFile("falcon7b"), { ...quickSettings, model: foreign });
  const status = client.statuses.at(-1);
  assert.ok(status?.state === "failed");
  assert.match(status.problem.message, /falcon7b-adapter\.gguf .*have the shapes.* falcon\.model\.adapters/);

  const answers: string[] = [];
  const half = { ...adapter, scale: 0.5 };
  // The same file is loaded once.
  const copy = path.join(folder, "copy.gguf");
  fs.copyFileSync(adapter.path, copy);
  const second = (scale: number) => ({ path: copy, scale });
  for (const adapters of [[adapter], [], [half], [half, second(0.5)], [second(0), adapter]]) {
    const changed = { ...model, adapters: { [model.path]: adapters } };
    const ready = client.statusAfter(({ state }) => state === "ready");
    await client.connection.sendNotification(settingsChanged, { ...quickSettings, model: changed });
    await ready;
    const deltas: string[] = [];
    await ask(client, [question("Hello")], deltas);
    answers.push(deltas.join(""));
  }
  const [whole, none, part, twoHalves, withNone] = answers;
  assert.ok(whole !== "" && whole !== none && part !== whole && part !== none, JSON.stringify(answers));
  assert.ok(twoHalves !== part && twoHalves !== none, "several change the model together");
  assert.equal(withNone, whole);
});

test("an answer streams, and its pieces are the answer", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const deltas: string[] = [];
  const { notes, ...result } = await ask(client, [question("Hello")], deltas);
  assert.deepEqual(result, { stopReason: "limit", leftOut: 0 } satisfies ChatResult);
  assert.match(notes?.join() ?? "", /^Tiny Falcon 7B is a base model/);
  assert.ok(deltas.length > 50 && deltas.join("").length > 200);
});

test("cancelling stops an answer, and the next one runs", async () => {
  client = await LspClient.withModel(modelFile("slow"), { ...quickSettings, chat: { maxTokens: 900, temperature: 0 } });
  const source = new CancellationTokenSource();
  const deltas: string[] = [];
  const running = ask(client, [question("Hello")], deltas, source);
  while (deltas.length < 3) await sleep(10);
  source.cancel();
  assert.equal((await running).stopReason, "aborted");
  assert.ok(deltas.length < 100);
});

test("the oldest questions are left out when a conversation outgrows the context", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const answer = (text: string): Message => ({ id: text, role: "assistant", text, state: "done" });
  const long = "word ".repeat(500);
  const conversation = [question(long), answer(long), question(long), answer(long), question("And now?")];
  const { notes, ...result } = await ask(client, conversation);
  assert.deepEqual(result, { stopReason: "limit", leftOut: 2 });
  assert.match(notes?.join() ?? "", /^The oldest messages \(2\)/);
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

test("messages come in the user's language", async () => {
  const italian = { "The model file {0} does not exist. Choose another file.": "Il file {0} non esiste." };
  client = await LspClient.start(quickSettings, italian);
  const problem = await problemOf(client.connection.sendRequest(inspectModelRequest, { path: "/nowhere.gguf" }));
  assert.equal(problem.message, "Il file /nowhere.gguf non esiste.");
});
