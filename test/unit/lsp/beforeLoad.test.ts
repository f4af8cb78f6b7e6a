// What is asked of a model that is not in memory: what loads it, what needs no load, and what ends without one.

import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { CancellationTokenSource, InlineCompletionTriggerKind, LSPErrorCodes } from "vscode-languageserver-protocol";
import type { ProtocolConnection } from "vscode-languageserver-protocol/node";

import type { Model } from "../../../server/engine/engine.ts";
import { measureKeptRequest, prepareFineTuningRequest } from "../../../src/shared/finetuning.ts";
import {
  countTokensRequest,
  digestRequest,
  editRequest,
  proseLanguagesRequest,
  rewriteProseRequest,
  statusRequest,
} from "../../../src/shared/methods.ts";
import { modelFile } from "../../support/models.ts";
import { serveInProcess } from "../../support/serverInProcess.ts";

const uri = "file:///a.ts";
const text = "let x = ";
const model = { path: modelFile("falcon7b"), contextSize: 2048, gpu: "off", threads: 1 };

let client: ProtocolConnection;
let stop: () => Promise<void>;
async function serve(settings: object = {}, onBattery = false): Promise<void> {
  // A load that does not end.
  const loading = new Promise<Model>(() => undefined);
  const params = { initializationOptions: { settings: { model, ...settings } } };
  ({ client, stop } = await serveInProcess(loading, params, { onBattery }));
}
beforeEach(() => {
  stop = () => Promise.resolve();
});
afterEach(() => stop());

async function isAtRest(): Promise<boolean> {
  const status = await client.sendRequest(statusRequest);
  return status.state === "ready" && status.unloaded;
}

const place = { uri, languageId: "typescript", text, partialResultToken: "1" };
const requests: Record<string, { readonly method: string; readonly params: object }> = {
  "an edit": { method: editRequest.method, params: { ...place, command: "edit", before: "", after: "" } },
  "a rewriting": { method: rewriteProseRequest.method, params: { ...place, command: "improve", start: 0, end: 4 } },
  "a digest": { method: digestRequest.method, params: { ...place, command: "summarise" } },
  "a count of tokens": { method: countTokensRequest.method, params: { role: "chat", text } },
  "the preparation of a training": {
    method: prepareFineTuningRequest.method,
    params: { folder: path.join(os.tmpdir(), "falcon-not-written") },
  },
  "a measurement of what was kept": { method: measureKeptRequest.method, params: {} },
};

for (const [name, { method, params }] of Object.entries(requests)) {
  test(`${name} that is cancelled does not wait for the model that it began to load`, { timeout: 60_000 }, async () => {
    await serve();
    const source = new CancellationTokenSource();
    const asked = client.sendRequest(method, params, source.token);
    const ended = assert.rejects(asked, { code: LSPErrorCodes.RequestCancelled });
    while (await isAtRest());
    source.cancel();
    await ended;
  });
}

test("the languages that a model writes are told while it is still loading", { timeout: 60_000 }, async () => {
  await serve();
  const languages = await client.sendRequest(proseLanguagesRequest);
  assert.ok(languages.includes("en"));
  assert.equal(await isAtRest(), false);
});

async function typeAKey(content: string, languageId: string): Promise<void> {
  await client.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId, version: 1, text: content },
  });
  const request = client.sendRequest("textDocument/inlineCompletion", {
    textDocument: { uri },
    position: { line: 0, character: content.length },
    context: { triggerKind: InlineCompletionTriggerKind.Automatic },
  });
  // One that waits for a load ends with the server.
  void request.catch(() => undefined);
}

for (const [where, settings, content] of [
  ["where suggestions come on command alone", { suggestions: "onCommand" }, text],
  ["in a comment, where they are off there", { comments: { "*": false } }, "// A harbour is "],
  ["in an empty file", {}, ""],
] as const) {
  test(`a key loads no model ${where}`, async () => {
    await serve({ inlineCompletion: settings });
    await typeAKey(content, "typescript");
    for (let looks = 0; looks < 10; looks++) assert.ok(await isAtRest());
  });
}

test("a key loads no model on battery, where nothing is to come by itself there", async () => {
  await serve({ inlineCompletion: { onBattery: false } }, true);
  await typeAKey(text, "typescript");
  for (let looks = 0; looks < 10; looks++) assert.ok(await isAtRest());
});

test("a key loads the model on battery, unless a setting says otherwise", { timeout: 60_000 }, async () => {
  await serve({}, true);
  await typeAKey(text, "typescript");
  while (await isAtRest());
});

test("a key loads the model elsewhere", { timeout: 60_000 }, async () => {
  await serve();
  await typeAKey(text, "typescript");
  while (await isAtRest());
});
