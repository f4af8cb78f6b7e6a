// The catalogue over LSP: every Falcon, with what of it fits the machine that the server runs on.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { catalogueRequest, planModelRequest } from "../../src/shared/methods.ts";
import { LspClient } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

let client: LspClient | undefined;
after(() => client?.stop());

test("each model that runs has a plan for this machine, and the smallest fits with a speed", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const rows = await client.connection.sendRequest(catalogueRequest, { language: "it", role: "chat" });
  assert.ok(rows.length > 40);
  for (const { model, choices } of rows) {
    if (model.unusable) continue;
    assert.ok(choices.length > 0, model.id);
    const plans = choices.flatMap(({ plan }) => plan ?? []);
    assert.ok(plans.every(({ total, devices }) => total > 0 && devices.at(-1)?.kind === "cpu"));
  }
  const tiny = rows.find(({ model }) => model.id === "Falcon-H1-Tiny-90M-Instruct");
  const best = tiny?.choices[tiny.best ?? -1];
  assert.equal(best?.plan?.fit, "cpu");
  assert.ok(best.tokensPerSecond !== undefined && best.tokensPerSecond > 1);
});

test("a file has a plan by its header, and what is no model is refused with the cause", async () => {
  client ??= await LspClient.withModel(modelFile("falcon7b"));
  const choice = await client.connection.sendRequest(planModelRequest, { path: modelFile("falconH1") });
  assert.equal(choice.plan?.fit, "cpu");
  assert.ok((choice.size ?? 0) > 0 && choice.plan.total > (choice.size ?? Infinity));
  const missing = client.connection.sendRequest(planModelRequest, { path: "/nowhere.gguf" });
  await assert.rejects(missing, /nowhere\.gguf does not exist/);
});

test("what no client should send is refused", async () => {
  client ??= await LspClient.withModel(modelFile("falcon7b"));
  await assert.rejects(client.connection.sendRequest("falcon/catalogue", { role: "poet" }), /role/);
});
