// The catalogue over LSP: every Falcon, with what of it fits the machine that the server runs on.

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, test } from "node:test";

import { catalogueRequest, hubTokenRequest, planModelRequest } from "../../src/shared/methods.ts";
import { HubServer } from "../support/hubServer.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

let client: LspClient | undefined;
after(() => client?.stop());

test("each model that runs has a plan for this machine, and the smallest fits with a speed", async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
  const rows = await client.connection.sendRequest(catalogueRequest, { language: "it" });
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

test("a file on the hub has a plan by its header, and what is no model is refused with the cause", async () => {
  const hub = await HubServer.start();
  const file = { repository: "tiiuae/Tiny-GGUF", name: "tiny.gguf" };
  const content = fs.readFileSync(modelFile("falconH1"));
  hub.put(file.repository, file.name, content);
  hub.put(file.repository, "other.gguf", Buffer.from("no model at all"));
  Object.assign(process.env, { HTTP_PROXY: "", http_proxy: "", HTTPS_PROXY: "", https_proxy: "" });
  const asking = await LspClient.start({ ...quickSettings, models: { folder: "", hub: hub.endpoint } });
  try {
    asking.connection.onRequest(hubTokenRequest, () => null);
    const choice = await asking.connection.sendRequest(planModelRequest, { ...file, role: "chat" });
    assert.equal(choice.plan?.fit, "cpu");
    assert.equal(choice.size, content.length);
    assert.ok(choice.plan.total > content.length);
    const other = asking.connection.sendRequest(planModelRequest, { ...file, name: "other.gguf" });
    await assert.rejects(other, /other\.gguf is not a usable GGUF model file/);
    const missing = asking.connection.sendRequest(planModelRequest, { ...file, name: "nowhere.gguf" });
    await assert.rejects(missing, /nowhere\.gguf/);
  } finally {
    await asking.stop();
    await hub.stop();
  }
});

test("what no client should send is refused", async () => {
  client ??= await LspClient.withModel(modelFile("falcon7b"));
  await assert.rejects(client.connection.sendRequest("falcon/catalogue", { language: 7 }), /language/);
});
