// What a chat that is not ours asks of the server: the models that are loaded, their limits, and how many tokens a text has.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { chatModelsRequest, countTokensRequest } from "../../src/shared/methods.ts";
import { modelRoles, statusOf } from "../../src/shared/modelRoles.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

let client: LspClient | undefined;
beforeEach(() => {
  client = undefined;
});
afterEach(() => client?.stop());

test("both roles' models are there with their limits, each once, and each counts for itself", async () => {
  const [falcon7b, falconH1] = [modelFile("falcon7b"), modelFile("falconH1")];
  client = await LspClient.withModel(falcon7b);
  const [only, ...others] = await client.connection.sendRequest(chatModelsRequest);
  assert.deepEqual(others, []);
  assert.ok(only);
  const { role, maxInputTokens, maxOutputTokens, toolCalling, contextSize } = only;
  assert.deepEqual({ role, maxOutputTokens, toolCalling }, { role: "chat", maxOutputTokens: 200, toolCalling: false });
  assert.equal(maxInputTokens + maxOutputTokens, contextSize);
  await client.stop();

  client = await LspClient.start({
    ...quickSettings,
    inlineCompletion: { ...quickSettings.inlineCompletion, model: falcon7b },
    chat: { ...quickSettings.chat, model: falconH1 },
  });
  await client.statusWhere((status) => modelRoles.every((each) => statusOf(status, each).state === "ready"));
  const both = await client.connection.sendRequest(chatModelsRequest);
  assert.deepEqual(both.map((each) => [each.role, each.architecture]).sort(), [
    ["chat", "falcon-h1"],
    ["completion", "falcon"],
  ]);
  for (const each of modelRoles) {
    const count = (text: string) => client?.connection.sendRequest(countTokensRequest, { role: each, text });
    const tokens = await count("The harbour is closed.");
    assert.ok(tokens !== undefined && tokens >= 4 && tokens <= 22, String(tokens));
  }
  await assert.rejects(client.connection.sendRequest("falcon/countTokens", { role: "edit", text: "x" }), /role/);
});
