// Fine-tuning through the built server, as the editor asks for it; the training itself is pytest's (training/finetune).

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import {
  convertAdapterRequest,
  describeFineTuningRequest,
  measureKeptRequest,
  prepareFineTuningRequest,
} from "../../src/shared/finetuning.ts";
import { convertRequest, settingsChanged } from "../../src/shared/methods.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { writeOriginal } from "../fixtures/originals/originals.ts";
import { problemOf } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-finetune-"));
const workspace = path.join(temporary, "workspace");
const adapter = fileURLToPath(new URL("../fixtures/adapters/tiny-falcon-7b", import.meta.url));
const base = writeOriginal(temporary, "tiny-falcon-7b");
let client: LspClient;
let settings: ServerSettings;

before(async () => {
  fs.mkdirSync(workspace);
  for (let i = 0; i < 15; i++) {
    const words = ["harbour", "boat", "tide", "anchor", "buoy"].map((word) => `${word}${i}`);
    const text = words
      .map((word) => `export function ${word}Of(berth: number) {\n  return berth * ${i};\n}\n`)
      .join("\n");
    fs.writeFileSync(path.join(workspace, `part${i}.ts`), text);
  }
  fs.writeFileSync(path.join(workspace, ".env"), "KEY=1\n".repeat(100));
  client = await LspClient.start({ ...quickSettings, readWorkspace: true }, undefined, [pathToFileURL(workspace).href]);
  const { path: file } = await client.connection.sendRequest(convertRequest, { folder: base, type: "F16" });
  settings = { ...quickSettings, readWorkspace: true, model: { ...quickSettings.model, path: file } };
  await client.connection.sendNotification(settingsChanged, settings);
});
after(async () => {
  await client.stop();
  fs.rmSync(temporary, { recursive: true });
});

test("the data and all that trains on it are written into a folder", async () => {
  const folder = path.join(temporary, "data");
  const told = await client.connection.sendRequest(describeFineTuningRequest);
  assert.ok(!fs.existsSync(folder));
  const { training, heldOut } = await client.connection.sendRequest(prepareFineTuningRequest, { folder });
  assert.deepEqual(told, { training, heldOut });
  assert.equal(training.files.length + heldOut.files.length, 15);
  assert.ok(heldOut.files.length > 0 && training.tokens > 100 * training.files.length);
  const files = fs.readdirSync(folder);
  for (const file of ["train.jsonl", "held-out.jsonl", "run.py", "finetune.py", "requirements.txt", "README.md"]) {
    assert.ok(files.includes(file), file);
  }
  assert.ok(!files.some((file) => file.startsWith("test_")));
});

test("an adapter that was trained changes what the model keeps of held-out lines", async () => {
  const { connection } = client;
  const { heldOut } = await connection.sendRequest(describeFineTuningRequest);
  const without = await connection.sendRequest(measureKeptRequest, {});
  assert.ok(without.places > 0);
  assert.deepEqual(await connection.sendRequest(measureKeptRequest, { heldOut: heldOut.files }), without);
  const file = path.join(temporary, "adapter.gguf");
  await connection.sendRequest(convertAdapterRequest, { folder: adapter, base, file });
  const adapters = { [settings.model.path]: [{ path: file, scale: 1 }] };
  await connection.sendNotification(settingsChanged, { ...settings, model: { ...settings.model, adapters } });
  const withAdapter = await connection.sendRequest(measureKeptRequest, {});
  assert.equal(withAdapter.places, without.places);
  assert.notEqual(withAdapter.characters, without.characters);
});

test("where a held-out file is gone, none that was learned from takes its place", async () => {
  const { connection } = client;
  const { heldOut } = await connection.sendRequest(describeFineTuningRequest);
  for (const file of heldOut.files) fs.rmSync(path.join(workspace, file));
  assert.ok((await connection.sendRequest(measureKeptRequest, {})).places > 0);
  assert.equal((await connection.sendRequest(measureKeptRequest, { heldOut: heldOut.files })).places, 0);
});

test("an adapter of another base is a problem that says so", async () => {
  const folder = fileURLToPath(new URL("../fixtures/adapters/tiny-falcon-40b", import.meta.url));
  const file = path.join(temporary, "other.gguf");
  const { message } = await problemOf(client.connection.sendRequest(convertAdapterRequest, { folder, base, file }));
  assert.match(message, /config\.json makes it/);
  assert.ok(!fs.existsSync(file));
});

test("nothing is read of a workspace that the user does not trust", async () => {
  await client.connection.sendNotification(settingsChanged, { ...settings, readWorkspace: false });
  const folder = path.join(temporary, "untrusted");
  const { message } = await problemOf(client.connection.sendRequest(prepareFineTuningRequest, { folder }));
  assert.match(message, /has 0 files/);
  assert.ok(!fs.existsSync(folder));
});
