// Downloads through the built server, as a client asks for them: the queue's reports, the token, and the models on the disk.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { CancellationTokenSource, LSPErrorCodes } from "vscode-languageserver-protocol/node";

import { lockEnding } from "../../server/models/files/fileLock.ts";
import type { Download, DownloadParams } from "../../src/shared/downloads.ts";
import {
  deleteModelRequest,
  downloadRequest,
  downloadsChanged,
  hubTokenRequest,
  importModelRequest,
  pauseDownloadRequest,
  resumeDownloadRequest,
  storedModelsRequest,
  unfinishedDownloadsRequest,
} from "../../src/shared/methods.ts";
import { problemOf } from "../support/asking.ts";
import { HubServer } from "../support/hubServer.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { until } from "../support/processes.ts";

const falcon = fs.readFileSync(modelFile("falcon7b"));
const params: DownloadParams = { repository: "tiiuae/Falcon-GGUF", files: ["falcon.gguf"] };
let hub: HubServer;
let client: LspClient;
let base: string;
let downloads: readonly Download[] = [];
let token: string | null = null;

before(async () => {
  hub = await HubServer.start();
});
after(() => hub.stop());
beforeEach(async () => {
  hub.behave();
  hub.put(params.repository, "falcon.gguf", falcon);
  base = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-downloads-"));
  // Whatever the machine has of proxies and caches.
  Object.assign(process.env, { HF_HUB_CACHE: base, HTTP_PROXY: "", http_proxy: "", HTTPS_PROXY: "", https_proxy: "" });
  const models = { folder: path.join(base, "models"), createFolder: true, hub: hub.endpoint };
  client = await LspClient.start({ ...quickSettings, models });
  client.connection.onNotification(downloadsChanged, (changed) => {
    downloads = changed;
  });
  client.connection.onRequest(hubTokenRequest, () => token);
});
afterEach(async () => {
  await client.stop();
  fs.rmSync(base, { recursive: true });
});

test("nothing is asked of the network before the user asks for a download", async () => {
  await client.connection.sendRequest(storedModelsRequest);
  assert.deepEqual(hub.requests, []);
});

test("a downloaded model is listed, and frees its space when it is deleted", async () => {
  const [file] = await client.connection.sendRequest(downloadRequest, params);
  assert.deepEqual(file, {
    path: path.join(base, "models/tiiuae/Falcon-GGUF/falcon.gguf"),
    size: falcon.length,
    verified: true,
  });
  const [model] = await client.connection.sendRequest(storedModelsRequest);
  assert.equal(model?.path, file.path);
  assert.deepEqual(await client.connection.sendRequest(deleteModelRequest, { path: file.path }), {
    freed: falcon.length,
  });
  assert.deepEqual(await client.connection.sendRequest(storedModelsRequest), []);
});

test("paused, resumed and cancelled, it keeps what was received", async () => {
  hub.cuts = [100_000, 200_000];
  const source = new CancellationTokenSource();
  const request = client.connection.sendRequest(downloadRequest, params, source.token);
  await until("some is received", () => (downloads[0]?.received ?? 0) > 0);
  const { id = "" } = downloads[0] ?? {};
  await client.connection.sendRequest(pauseDownloadRequest, { id });
  assert.equal(downloads[0]?.state, "paused");
  await client.connection.sendRequest(resumeDownloadRequest, { id });
  await until("it goes on", () => hub.cuts.length === 0);
  source.cancel();
  await assert.rejects(request, { code: LSPErrorCodes.RequestCancelled });
  await until("it has left the queue", () => downloads.length === 0);
  const part = path.join(base, "models/tiiuae/Falcon-GGUF/falcon.gguf.part");
  await until("what was received is on the disk", () => fs.statSync(part).size > 0);
  await until("its lock is given back", () => !fs.existsSync(part.replace(/\.part$/, lockEnding)));
  assert.deepEqual(await client.connection.sendRequest(storedModelsRequest), [], "what is not whole is not offered");
  const [unfinished] = await client.connection.sendRequest(unfinishedDownloadsRequest);
  assert.ok(unfinished);
  assert.deepEqual([unfinished.path, unfinished.size], [part, falcon.length]);
  await client.connection.sendRequest(downloadRequest, unfinished);
  assert.ok(fs.readFileSync(part.replace(/\.part$/, "")).equals(falcon));
});

test("a split model is one download", async () => {
  const parts = [1, 2, 3].map((part) => `falcon-0000${part}-of-00003.gguf`);
  for (const part of parts) hub.put(params.repository, part, falcon);
  const files = await client.connection.sendRequest(downloadRequest, { ...params, files: parts.slice(0, 1) });
  assert.deepEqual(
    files.map((file) => path.basename(file.path)),
    parts,
  );
});

test("a gated model wants a token, which the client is asked for", async () => {
  hub.token = "hf_secret";
  token = null;
  const problem = await problemOf(client.connection.sendRequest(downloadRequest, params));
  assert.equal(problem.action, "setHubToken");
  token = "hf_secret";
  await client.connection.sendRequest(downloadRequest, params);
});

test("while a client asks its user for the token, the download is paused and makes way for the next", async () => {
  const other = { ...params, files: ["other.gguf"] };
  hub.put(params.repository, "other.gguf", falcon);
  hub.token = "hf_secret";
  const asked = Promise.withResolvers<undefined>();
  client.connection.onRequest(hubTokenRequest, () => {
    asked.resolve(undefined);
    return new Promise(() => undefined);
  });
  const source = new CancellationTokenSource();
  const request = client.connection.sendRequest(downloadRequest, params, source.token);
  await asked.promise;
  hub.token = undefined;
  await client.connection.sendRequest(pauseDownloadRequest, { id: downloads[0]?.id ?? "" });
  await client.connection.sendRequest(downloadRequest, other);
  source.cancel();
  await assert.rejects(request, { code: LSPErrorCodes.RequestCancelled });
});

test("names that lead out of the models folder are refused", async () => {
  const names = ["../falcon.gguf", "/etc/falcon.gguf", "a//b.gguf", "a\\b.gguf", ".hidden", ""];
  for (const file of names) {
    await problemOf(client.connection.sendRequest(downloadRequest, { ...params, files: [file] }));
  }
  for (const repository of ["tiiuae", "../..", "a/b/c", "a/..", "https://a/b"]) {
    await problemOf(client.connection.sendRequest(downloadRequest, { ...params, repository }));
  }
  assert.deepEqual(hub.requests, []);
});

test("an imported file is listed", async () => {
  const imported = await client.connection.sendRequest(importModelRequest, { path: modelFile("falcon7b"), by: "copy" });
  assert.deepEqual(await client.connection.sendRequest(storedModelsRequest), [imported]);
});
