// Any client can run the server over its standard streams: all that comes out of them is the protocol.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  createProtocolConnection,
  InlineCompletionTriggerKind,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";

import { statusChanged } from "../../src/shared/methods.ts";
import type { InitializationOptions } from "../../src/shared/serverSettings.ts";
import { quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

/** How many messages bytes are, which are nothing else. */
function countMessages(bytes: Buffer): number {
  let count = 0;
  for (let start = 0; start < bytes.length; count++) {
    const body = bytes.indexOf("\r\n\r\n", start) + 4;
    const [, length] = /^Content-Length: (\d+)\r\n\r\n$/.exec(bytes.toString("latin1", start, body)) ?? [];
    assert.ok(length !== undefined, `no message: ${JSON.stringify(bytes.toString("utf8", start, start + 200))}`);
    start = body + Number(length);
    assert.ok(start <= bytes.length, "a message is cut");
  }
  return count;
}

test("a model is loaded and completes a line over stdin and stdout, which carry nothing else", async (t) => {
  const server = fileURLToPath(new URL("../../dist/server.cjs", import.meta.url));
  const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const written: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => written.push(chunk));
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const ready = Promise.withResolvers<undefined>();
  connection.onNotification(statusChanged, ({ state }) => {
    if (state === "ready") ready.resolve(undefined);
  });
  // What the reader cannot make sense of.
  connection.onError(([error]) => {
    ready.reject(error);
    connection.dispose();
  });
  connection.listen();

  const model = { ...quickSettings.model, path: modelFile("falcon7b") };
  const initializationOptions: InitializationOptions = { settings: { ...quickSettings, model }, load: ["completion"] };
  const client = { processId: process.pid, rootUri: null, capabilities: {} };
  await connection.sendRequest("initialize", { ...client, initializationOptions });
  await connection.sendNotification("initialized", {});
  await ready.promise;
  const uri = "file:///stdio.ts";
  const textDocument = { uri, languageId: "typescript", version: 1, text: "let 🦅 = " };
  await connection.sendNotification("textDocument/didOpen", { textDocument });
  const items = await connection.sendRequest("textDocument/inlineCompletion", {
    textDocument: { uri },
    position: { line: 0, character: 9 },
    context: { triggerKind: InlineCompletionTriggerKind.Automatic },
  });
  assert.equal((items as readonly unknown[]).length, 1);
  await connection.sendRequest("shutdown");
  const closed = once(child, "close");
  await connection.sendNotification("exit");
  assert.deepEqual(await closed, [0, null]);
  connection.dispose();
  assert.ok(countMessages(Buffer.concat(written)) > 4);
});
