// A model on a GPU, through the language server: what the status says of it. Mesa's software Vulkan is the GPU.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { softwareVulkan } from "../../scripts/vulkan.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

let client: LspClient | undefined;
after(() => client?.stop());

test("the GPU is prepared after the load, the status says so, and a completion comes all the same", async () => {
  client = LspClient.spawn({ env: await softwareVulkan(1) });
  const model = { ...quickSettings.model, path: modelFile("falcon7b"), contextSize: 512, gpu: "auto" } as const;
  await client.connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    workspaceFolders: [],
    initializationOptions: { settings: { ...quickSettings, model }, load: ["completion"] },
  });
  await client.connection.sendNotification("initialized", {});
  const ready = await client.statusWhere(({ state }) => state === "ready" || state === "failed");
  assert.ok(ready.state === "ready" && ready.model.device === "Vulkan" && ready.preparing, JSON.stringify(ready));
  await client.open("untitled:boats", "let boat = 1;\n");
  const items = await client.complete("untitled:boats", 1, 0);
  assert.ok(items.length > 0);
  const prepared = await client.statusWhere((status) => status.state === "ready" && !status.preparing);
  assert.equal(prepared.state, "ready");
});
