// The setting that keeps contexts, through the language server: saved when it ends, deleted when they are not wanted.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { deleteSavedContextsRequest, settingsChanged, statusRequest } from "../../src/shared/methods.ts";
import type { Attachment } from "../../src/shared/chat.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { ask, problemOf } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { until } from "../support/processes.ts";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-saved-contexts-"));
after(() => fs.rmSync(root, { recursive: true }));

let folder: string;
let started: LspClient[] = [];
afterEach(() => {
  for (const { child } of started) child.kill("SIGKILL");
  started = [];
});
beforeEach(() => {
  folder = path.join(root, randomUUID());
});
const text = Array.from({ length: 40 }, (_, i) => `let boat${i} = find(${(i * 37) % 101});\n`).join("");

/** How fast a load finds the machine would decide how much of the text its prompts take. */
process.env["FALCON_PROMPT_RATE"] = "4096";

function settings(keep: boolean): ServerSettings {
  const model = { ...quickSettings.model, path: modelFile("falcon7b"), promptCache: { folder, keep } };
  return { ...quickSettings, model };
}

async function start(settings: ServerSettings): Promise<LspClient> {
  const client = await LspClient.start(settings);
  started.push(client);
  return client;
}

async function serve(settings: ServerSettings): Promise<LspClient> {
  const client = await start(settings);
  await client.statusWhere(({ state }) => state === "ready");
  return client;
}

async function complete(client: LspClient, name = "boats", content = text): Promise<string | undefined> {
  await client.open(`untitled:${name}`, content);
  const [item] = await client.complete(`untitled:${name}`, content.split("\n").length - 1, 0);
  return item?.insertText;
}

/** The server has evaluated next to nothing of its prompts. */
async function assertWarm(client: LspClient): Promise<void> {
  const status = await client.connection.sendRequest(statusRequest);
  assert.ok(status.state === "ready" && (status.metrics.reused ?? 0) > 0.9, JSON.stringify(status));
}

test("contexts are saved when the server ends, read when it starts, and deleted when the setting is off", async () => {
  const first = await serve(settings(true));
  const written = await complete(first);
  await first.stop();
  assert.equal(fs.readdirSync(folder).length, 1);

  const second = await serve(settings(true));
  assert.equal(await complete(second), written);
  await assertWarm(second);

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
  const client = await start({ ...quickSettings, model: { ...settings(false).model, path: "" } });
  while (fs.existsSync(folder)) await sleep(20);
  await client.stop();
});

/** Makes a file of the prompt cache that was used so many days ago. */
function savedDaysAgo(days: number): string {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${"a".repeat(16)}-${randomUUID()}.state`);
  fs.writeFileSync(file, "");
  fs.utimesSync(file, Date.now() / 1000 - days * 86_400, Date.now() / 1000 - days * 86_400);
  return file;
}

test("what nobody used for a week is deleted at the start, whichever model it is of and whether or not one is loaded", async () => {
  const [old, recent] = [savedDaysAgo(8), savedDaysAgo(6)];
  const client = await start({ ...quickSettings, model: { ...settings(true).model, path: "/nowhere.gguf" } });
  await until("the old one is deleted", () => !fs.existsSync(old));
  assert.ok(fs.existsSync(recent));
  await client.stop();
});

test("two servers on one folder: each saves and reads, and what one deletes the other goes on without", async () => {
  const servers = await Promise.all([1, 2].map(() => serve(settings(true))));
  const [first, second] = servers as [LspClient, LspClient];
  const [written] = await Promise.all(servers.map((server) => complete(server)));
  await first.stop();
  // On a slow machine the second has saved its own by now.
  assert.ok(fs.readdirSync(folder).length >= 1);
  await second.connection.sendRequest(deleteSavedContextsRequest);
  assert.ok(!fs.existsSync(folder));
  assert.equal(await complete(second), written);
  const other = await complete(second, "piers", `const pier = 1;\n${text}`);
  await second.stop();
  const third = await serve(settings(true));
  assert.equal(await complete(third, "piers", `const pier = 1;\n${text}`), other);
  await assertWarm(third);
  await third.stop();
  assert.deepEqual(
    servers.flatMap(({ logs }) => logs).filter((line) => /saved/.test(line)),
    [],
  );
});

test("contexts that cannot be deleted are a problem that names the folder and the cause", async () => {
  fs.writeFileSync(folder, "");
  const client = await start(settings(true));
  const { message } = await problemOf(client.connection.sendRequest(deleteSavedContextsRequest));
  assert.match(message, /could not be deleted: .* is a file or a link/);
  assert.ok(message.includes(folder));
  await client.stop();
});

test("a file that the settings exclude is neither completed nor saved, in a notebook, a chat or by itself", async () => {
  const client = await serve({
    ...settings(true),
    excludedFiles: ["secret.*", ".env"],
  });
  await client.open("file:///project/.env", text);
  assert.deepEqual(await client.complete("file:///project/.env", 40, 0, { triggerKind: 1 }), []);
  const cell = "other-scheme:/cell";
  await client.connection.sendNotification("notebookDocument/didOpen", {
    notebookDocument: {
      uri: "file:///project/secret.ipynb",
      notebookType: "jupyter-notebook",
      version: 1,
      cells: [{ kind: 2, document: cell }],
    },
    cellTextDocuments: [{ uri: cell, languageId: "python", version: 1, text: "x = " }],
  });
  assert.deepEqual(await client.complete(cell, 0, 4, { triggerKind: 1 }), []);
  const attachment: Attachment = { id: "1", label: ".env", uri: "file:///project/.env", languageId: "ini", text };
  await ask(client, [{ id: "2", role: "user", text: "Explain it", attachments: [attachment] }]);
  await client.stop();
  assert.ok(!fs.existsSync(folder), "nothing was saved");
});

test("a chat with any other file is saved", async () => {
  const client = await serve(settings(true));
  const attachment: Attachment = {
    id: "1",
    label: "a.ts",
    uri: "file:///project/a.ts",
    languageId: "typescript",
    text,
  };
  await ask(client, [{ id: "2", role: "user", text: "Explain it", attachments: [attachment] }]);
  await client.stop();
  assert.equal(fs.readdirSync(folder).length, 1);
});
