// Someone types for hours: what the server and the model's process keep does not grow with the keys.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";

import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";

import { statusRequest } from "../../src/shared/methods.ts";
import { modelProcessOf } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { seededRandom } from "../support/mutations.ts";
import { memoryOf, until } from "../support/processes.ts";
import { rounds } from "../support/soak.ts";

const uri = "file:///typed.ts";
// By a signal that else does nothing: Node writes reports by others.
const snapshots = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-heap-"));
process.env["NODE_OPTIONS"] = `--heapsnapshot-signal=SIGCONT --diagnostic-dir=${snapshots}`;
after(() => fs.rmSync(snapshots, { recursive: true }));

/** Bytes of a snapshot: code that is compiled late, and what a key may leave behind. An answer that stays takes two kilobytes. */
const usualGrowth = 2e6;
const mostOfKey = 300;
/** What the system leaves in memory of a process goes up and down, as with the pages of the model's file. */
const mostResident = 100e6;

test("memory stays flat while someone types, takes back, and goes on", async (context) => {
  const client = await LspClient.withModel(modelFile("falcon7b"), {
    ...quickSettings,
    inlineCompletion: { ...quickSettings.inlineCompletion, maxTokens: 8 },
  });
  context.after(() => client.stop());
  const random = seededRandom(5);
  await client.open(uri, "");
  let version = 1;
  let line = 0;
  let character = 0;
  /** Every thousandth key deletes what was typed, as a document that grows for hours would be one of megabytes. */
  const press = async (i: number) => {
    const key = i % 1000 === 999 ? "" : i % 40 === 39 ? "\n" : ("abcdefg (){};=."[random(15)] ?? "");
    const cursor = { line, character };
    const start = key === "" ? { line: 0, character: 0 } : cursor;
    await client.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: ++version },
      contentChanges: [{ range: { start, end: cursor }, text: key }],
    });
    [line, character] = key === "" ? [0, 0] : key === "\n" ? [line + 1, 0] : [line, character + 1];
    await client.complete(uri, line, character);
  };
  const memory = async () => ({
    server: await liveHeapOf(client.child.pid, client),
    model: await liveHeapOf(modelProcessOf(client), client),
    resident: memoryOf(modelProcessOf(client)),
  });

  const keys = rounds(400, 10_000);
  for (let i = 0; i < keys / 4; i++) await press(i);
  const before = await memory();
  for (let i = keys / 4; i < keys; i++) await press(i);
  const later = await memory();
  const growth = {
    server: later.server - before.server,
    model: later.model - before.model,
    resident: later.resident - before.resident,
  };
  context.diagnostic(`${keys} keys: ${JSON.stringify(before)}, then ${JSON.stringify(growth)} bytes more`);
  const most = usualGrowth + mostOfKey * keys;
  assert.ok(growth.server < most, `the server keeps ${growth.server} bytes more`);
  assert.ok(growth.model < most, `the model process keeps ${growth.model} bytes more`);
  assert.ok(growth.resident < mostResident, `the model process grew by ${growth.resident} bytes`);
});

/** The size of a snapshot of what a process keeps: Node collects the garbage before it writes one. */
async function liveHeapOf(pid: number | undefined, { connection }: LspClient): Promise<number> {
  for (const file of fs.readdirSync(snapshots)) fs.rmSync(path.join(snapshots, file));
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGCONT");
  await until("there is a snapshot", () => fs.readdirSync(snapshots).length > 0);
  // Both processes answer once they have written it: the server, or the model's through the server.
  await connection.sendRequest(statusRequest);
  await connection.sendRequest("textDocument/inlineCompletion", {
    textDocument: { uri },
    position: { line: 0, character: 0 },
    context: { triggerKind: InlineCompletionTriggerKind.Invoked },
  });
  const [file = ""] = fs.readdirSync(snapshots);
  return fs.statSync(path.join(snapshots, file)).size;
}
