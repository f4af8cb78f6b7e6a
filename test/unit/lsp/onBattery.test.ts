// Ghost text of a machine that runs on its battery, where the user wants none by itself there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type InlineCompletionItem, InlineCompletionTriggerKind } from "vscode-languageserver-protocol";

import { modelFile } from "../../support/models.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";
import { serveInProcess } from "../../support/serverInProcess.ts";

const uri = "file:///a.ts";

test("a model that is loaded writes on command, and neither for a request that nobody made nor ahead of one", async () => {
  const path = modelFile("falcon7b");
  const model = scriptedModel({ path }, (onText) => {
    onText("1;");
    return "end";
  });
  const settings = { model: { path, contextSize: 2048, gpu: "off" }, inlineCompletion: { onBattery: false } };
  const { client, stop } = await serveInProcess(model, { initializationOptions: { settings } }, { onBattery: true });
  const request = (character: number, triggerKind: InlineCompletionTriggerKind): Promise<InlineCompletionItem[]> =>
    client.sendRequest("textDocument/inlineCompletion", {
      ...{ textDocument: { uri }, position: { line: 0, character }, context: { triggerKind } },
    });
  await client.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "typescript", version: 1, text: "let x = " },
  });
  assert.notDeepEqual(await request(8, InlineCompletionTriggerKind.Invoked), []);
  const asked = model.asked.length;
  assert.deepEqual(await request(8, InlineCompletionTriggerKind.Automatic), []);
  const position = { line: 0, character: 8 };
  await client.sendNotification("textDocument/didChange", {
    textDocument: { uri, version: 2 },
    contentChanges: [{ range: { start: position, end: position }, text: "7" }],
  });
  await sleep(300);
  assert.deepEqual(await request(9, InlineCompletionTriggerKind.Automatic), []);
  assert.equal(model.asked.length, asked);
  await stop();
});
