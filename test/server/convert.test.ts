// Conversions through the built server, as a client asks for them.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { CancellationTokenSource, LSPErrorCodes } from "vscode-languageserver-protocol/node";

import { convertProgress, convertRequest, inspectModelRequest } from "../../src/shared/methods.ts";
import { writeOriginal } from "../fixtures/originals/originals.ts";
import { problemOf } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-convert-"));
let client: LspClient;

before(async () => {
  client = await LspClient.start(quickSettings);
});
after(async () => {
  await client.stop();
  fs.rmSync(temporary, { recursive: true });
});

test("a folder becomes a model file beside its weights, and the client is told how much is done", async () => {
  const folder = writeOriginal(temporary, "tiny-falcon-7b");
  const told: number[] = [];
  const listener = client.connection.onProgress(convertProgress, "conversion", (fraction) => void told.push(fraction));
  const params = { folder, type: "Q4_0", progressToken: "conversion" } as const;
  const { path: file } = await client.connection.sendRequest(convertRequest, params);
  listener.dispose();
  assert.equal(file, path.join(folder, "tiny-falcon-7b-Q4_0.gguf"));
  assert.equal(told.at(-1), 1);
  const { architecture, quantization } = await client.connection.sendRequest(inspectModelRequest, { path: file });
  assert.deepEqual({ architecture, quantization }, { architecture: "falcon", quantization: "Q4_0" });
});

test("what is wrong with a folder is a problem that names it", async () => {
  const folder = writeOriginal(temporary, "tiny-refined-web");
  fs.rmSync(path.join(folder, "tokenizer.json"));
  const { message } = await problemOf(client.connection.sendRequest(convertRequest, { folder, type: "Q8_0" }));
  assert.ok(message.includes(folder) && message.includes("tokenizer.json is missing"), message);
});

test("a cancelled conversion leaves the folder as it was", async () => {
  const folder = writeOriginal(temporary, "tiny-Falcon3-1B-Instruct");
  const files = fs.readdirSync(folder);
  const source = new CancellationTokenSource();
  const request = client.connection.sendRequest(convertRequest, { folder, type: "Q4_K_M" }, source.token);
  // Behind the request, long before a thread has started.
  source.cancel();
  await assert.rejects(request, { code: LSPErrorCodes.RequestCancelled });
  assert.deepEqual(fs.readdirSync(folder), files);
});

test("a conversion is given up before the server ends, and leaves the folder as it was", async () => {
  const folder = writeOriginal(temporary, "tiny-Falcon-H1");
  const files = fs.readdirSync(folder);
  const ending = await LspClient.start(quickSettings);
  const request = ending.connection.sendRequest(convertRequest, { folder, type: "Q4_K_M" });
  const refused = assert.rejects(request, { code: LSPErrorCodes.RequestCancelled });
  await Promise.all([refused, ending.stop()]);
  assert.deepEqual(fs.readdirSync(folder), files);
});
