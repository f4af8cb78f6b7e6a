// The setting that keeps contexts, through the language server: saved when it ends, deleted when they are not wanted.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { settingsChanged } from "../../src/shared/methods.ts";
import type { ServerSettings } from "../../src/shared/protocol.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-saved-contexts-"));
after(() => fs.rmSync(root, { recursive: true }));

const folder = path.join(root, "contexts");
const text = Array.from({ length: 40 }, (_, i) => `let boat${i} = find(${(i * 37) % 101});\n`).join("");

function settings(keep: boolean): ServerSettings {
  const model = { ...quickSettings.model, path: modelFile("falcon7b"), promptCache: { folder, keep } };
  return { ...quickSettings, model };
}

async function complete(client: LspClient): Promise<string | undefined> {
  await client.open("untitled:boats", text);
  const [item] = await client.complete("untitled:boats", 40, 0);
  return item?.insertText;
}

test("contexts are saved when the server ends, read when it starts, and deleted when the setting is off", async () => {
  const first = await LspClient.withModel(modelFile("falcon7b"), settings(true));
  const written = await complete(first);
  await first.stop();
  assert.equal(fs.readdirSync(folder).length, 1);

  const second = await LspClient.withModel(modelFile("falcon7b"), settings(true));
  assert.equal(await complete(second), written);
  const status = await second.statusWhere(({ state }) => state === "ready");
  assert.ok(status.state === "ready");
  assert.ok((status.metrics.reused ?? 0) > 0.9, JSON.stringify(status.metrics));

  await second.connection.sendNotification(settingsChanged, settings(false));
  while (fs.existsSync(folder)) await sleep(20);
  await second.statusWhere(({ state }) => state === "ready");
  assert.equal(await complete(second), written);
  await second.stop();
  assert.ok(!fs.existsSync(folder));
});

test("what an earlier server saved is deleted at the start when the setting is off", async () => {
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, `${"a".repeat(16)}-${randomUUID()}.state`), "");
  const client = await LspClient.start({ ...quickSettings, model: { ...settings(false).model, path: "" } });
  while (fs.existsSync(folder)) await sleep(20);
  await client.stop();
});
