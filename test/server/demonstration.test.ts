// The model that comes with the extension in the chat, through the engine: what it is asked, and what it is not.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import type { ChatCommand, UserMessage } from "../../src/shared/chat.ts";
import { ask, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";

const bundled = fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url));
const text = `export function nightsBetween(arrival: Date, departure: Date): number {
  return Math.round((departure.getTime() - arrival.getTime()) / 86_400_000);
}`;
const attachment = { id: "a", label: "boat.ts:1-3", uri: "file:///boat.ts", languageId: "typescript", text };
const asked = (command: ChatCommand): UserMessage => ({
  id: command,
  role: "user",
  text: "",
  attachments: [attachment],
  command,
});

let folder: string;
let client: LspClient;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "falcon-copy-"));
  // What the file says of itself tells what it is, wherever it lies and whatever it is called.
  const copy = path.join(folder, "my-own.gguf");
  copyFileSync(bundled, copy);
  client = await LspClient.withModel(copy, quickSettings);
});
after(async () => {
  await client.stop();
  rmSync(folder, { recursive: true });
});

test("a copy of it is a demonstration model, too: a question gets no invented answer", async () => {
  const deltas: string[] = [];
  const { problem, stopReason } = await ask(client, [question("What does a harbour master do?")], deltas);
  assert.deepEqual(deltas, []);
  assert.equal(stopReason, "end");
  assert.equal(problem?.action, "selectModel");
  assert.match(problem.message, /demonstration model/);
});

test("a function is explained by its name, and documented by a comment in a fence", async () => {
  const explained: string[] = [];
  const { problem, length } = await ask(client, [asked("explain")], explained);
  assert.equal(problem, undefined);
  assert.match(explained.join("").slice(0, length), /^`nightsBetween`: \S/);
  const documented: string[] = [];
  await ask(
    client,
    [question("Hello"), { id: "h", role: "assistant", text: "", state: "done" }, asked("document")],
    documented,
  );
  assert.match(documented.join(""), /^```typescript\n\/\*\* \S.* \*\/\n/);
});
