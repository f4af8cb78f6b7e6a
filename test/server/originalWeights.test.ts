// From a repository of original weights to a model that can be used, through the built server, as a client asks for it.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { CancellationTokenSource, LSPErrorCodes } from "vscode-languageserver-protocol/node";

import { storedFile } from "../../src/models/modelList.ts";
import {
  convertRequest,
  deleteModelRequest,
  downloadRequest,
  downloadsChanged,
  originalFilesRequest,
  storedModelsRequest,
} from "../../src/shared/methods.ts";
import { type OriginalName, writeOriginal } from "../fixtures/originals/originals.ts";
import { problemOf } from "../support/asking.ts";
import { HubServer, status } from "../support/hubServer.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { until } from "../support/processes.ts";

let hub: HubServer;
let client: LspClient;
let base: string;

before(async () => {
  hub = await HubServer.start();
});
after(() => hub.stop());
beforeEach(async () => {
  hub.behave();
  base = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-original-"));
  // Whatever the machine has of proxies and caches.
  Object.assign(process.env, { HF_HUB_CACHE: base, HTTP_PROXY: "", http_proxy: "", HTTPS_PROXY: "", https_proxy: "" });
  const models = { folder: path.join(base, "models"), createFolder: true, hub: hub.endpoint };
  client = await LspClient.start({ ...quickSettings, models });
});
afterEach(async () => {
  await client.stop();
  fs.rmSync(base, { recursive: true });
});

/** Puts a model's original weights onto the hub, among files that no conversion reads. */
function publish(name: OriginalName): { readonly repository: string; readonly size: number; readonly largest: number } {
  const repository = `tiiuae/${name}`;
  const folder = writeOriginal(path.join(base, "hub"), name);
  let [size, largest] = [0, 0];
  for (const file of fs.readdirSync(folder)) {
    const content = fs.readFileSync(path.join(folder, file));
    size += content.length;
    largest = Math.max(largest, content.length);
    hub.put(repository, file, content);
  }
  const isWhole = fs.existsSync(path.join(folder, "model.safetensors"));
  const again = ["model.safetensors.index.json", "model-00001-of-00001.safetensors"];
  for (const other of [
    ...(isWhole ? again : []),
    ".gitattributes",
    "README.md",
    "coreml/model.safetensors",
    "pytorch_model.bin",
  ]) {
    hub.put(repository, other, Buffer.from("not asked for"));
  }
  return { repository, size, largest };
}

const filesOf = (repository: string) => client.connection.sendRequest(originalFilesRequest, { repository });

for (const name of ["tiny-Falcon-H1-tied", "tiny-Falcon3-1B-Instruct"] as const) {
  test(`${name} is found on the hub, downloaded and converted, and its original weights are deleted`, async () => {
    const { repository, size, largest } = publish(name);
    const { files, ...sizes } = await filesOf(repository);
    assert.deepEqual([...files].sort(), fs.readdirSync(path.join(base, "hub", name)).sort());
    assert.deepEqual(sizes, { size, missing: size, largest });

    const downloaded = await client.connection.sendRequest(downloadRequest, { repository, files });
    assert.deepEqual(await filesOf(repository), { files, size, missing: 0, largest });
    assert.deepEqual(await client.connection.sendRequest(storedModelsRequest), []);

    const folder = path.join(base, "models", repository);
    const { path: file } = await client.connection.sendRequest(convertRequest, { folder, type: "Q8_0" });
    for (const each of downloaded) await client.connection.sendRequest(deleteModelRequest, { path: each.path });
    assert.deepEqual(fs.readdirSync(folder), [path.basename(file)]);
    const stored = await client.connection.sendRequest(storedModelsRequest);
    assert.equal(storedFile(stored, { repository }, { quantization: "Q8_0" })?.path, file);
    assert.equal(storedFile(stored, { repository }, { quantization: "Q4_0" }), undefined);
  });
}

test("cancelled, it goes on with what is there", async () => {
  const { repository, size } = publish("tiny-Falcon-H1-tied");
  const { files } = await filesOf(repository);
  // The first report is then one of the weights.
  const first = files.slice(0, files.indexOf("model.safetensors"));
  const there = await client.connection.sendRequest(downloadRequest, { repository, files: first });
  const before = there.reduce((sum, file) => sum + file.size, 0);
  hub.cuts = [100_000];
  let received = 0;
  client.connection.onNotification(downloadsChanged, ([running]) => {
    received = running?.received ?? received;
  });
  const download = new CancellationTokenSource();
  const request = client.connection.sendRequest(downloadRequest, { repository, files }, download.token);
  await until("some of the weights is received", () => received > before);
  const folder = path.join(base, "models", repository);
  download.cancel();
  await assert.rejects(request, { code: LSPErrorCodes.RequestCancelled });
  const part = path.join(folder, "model.safetensors.part");
  await until("what was received is on the disk", () => fs.existsSync(part) && fs.statSync(part).size > 0);
  assert.ok((await filesOf(repository)).missing < size - before, "a part of a file counts as there");
  hub.requests.length = 0;
  await client.connection.sendRequest(downloadRequest, { repository, files });
  assert.ok(hub.requests.some(({ headers }) => headers.range !== undefined));

  // As after a conversion that was cancelled.
  hub.requests.length = 0;
  await client.connection.sendRequest(downloadRequest, { repository, files });
  assert.deepEqual(hub.requests, [], "what was downloaded is not asked for again");
});

test("weights that are deleted as they are converted are downloaded again after a failure, those alone", async () => {
  const { repository } = publish("tiny-Falcon3-1B-Instruct");
  const { files } = await filesOf(repository);
  const folder = path.join(base, "models", repository);
  const params = { folder, type: "Q8_0", deletesWeights: true } as const;
  const shards = () => fs.readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
  await client.connection.sendRequest(downloadRequest, { repository, files });
  const [first = "", second = "", third = ""] = shards();
  const damaged = path.join(folder, second);
  const bytes = fs.readFileSync(damaged);
  // The last of its numbers is none.
  fs.writeFileSync(damaged, Buffer.concat([bytes.subarray(0, -2), Buffer.from([0xff, 0x7f])]));
  assert.match(
    (await problemOf(client.connection.sendRequest(convertRequest, params))).message,
    /no number or infinite/,
  );
  assert.deepEqual(shards(), [second, third]);
  assert.equal(
    (await filesOf(repository)).missing,
    fs.statSync(path.join(base, "hub", path.basename(folder), first)).size,
  );

  fs.writeFileSync(damaged, bytes);
  hub.requests.length = 0;
  await client.connection.sendRequest(downloadRequest, { repository, files });
  const asked = new Set(hub.requests.map(({ url }) => path.basename(new URL(url, hub.endpoint).pathname)));
  assert.deepEqual([...asked], [first]);
  await client.connection.sendRequest(convertRequest, params);
  assert.deepEqual(shards(), []);
});

test("what was made of the weights is made once, and what was made of others is not taken for it", async () => {
  const folder = writeOriginal(path.join(base, "mine"), "tiny-Falcon3-1B-Instruct");
  const convert = () => client.connection.sendRequest(convertRequest, { folder, type: "Q8_0" });
  const { path: file } = await convert();
  const { ino } = fs.statSync(file);
  assert.deepEqual(await convert(), { path: file });
  assert.equal(fs.statSync(file).ino, ino);
  const trained = fs.readdirSync(folder).find((name) => name.endsWith(".safetensors")) ?? assert.fail();
  const later = fs.statSync(file).mtimeMs / 1000 + 60;
  fs.utimesSync(path.join(folder, trained), later, later);
  assert.match((await problemOf(convert())).message, /-Q8_0\.gguf exists already\. Delete it first/);
});

test("weights that are not in the models folder are not deleted as they are converted", async () => {
  const folder = writeOriginal(path.join(base, "mine"), "tiny-Falcon3-1B-Instruct");
  const files = fs.readdirSync(folder);
  const params = { folder, type: "Q8_0", deletesWeights: true } as const;
  const { message } = await problemOf(client.connection.sendRequest(convertRequest, params));
  assert.match(message, /is not in the models folder/);
  assert.deepEqual(fs.readdirSync(folder), files);
});

test("a repository without such weights, one that is gone, and a hub that lists nothing are problems", async () => {
  hub.put("tiiuae/only-bin", "pytorch_model.bin", Buffer.from("weights"));
  hub.put("tiiuae/only-bin", "config.json", Buffer.from("{}"));
  assert.match((await problemOf(filesOf("tiiuae/only-bin"))).message, /safetensors in tiiuae\/only-bin/);
  hub.hubFaults.push(status(404, { "x-error-code": "RepoNotFound" }));
  assert.match((await problemOf(filesOf("tiiuae/gone"))).message, /127\.0\.0\.1/);
  hub.hubFaults.push(status(200));
  assert.match((await problemOf(filesOf("tiiuae/gone"))).message, /does not list the files/);
  assert.match((await problemOf(filesOf("../.."))).message, /OWNER\/NAME/);
});

test("of what lies in the models folder beside models, only original weights are deleted", async () => {
  const notes = path.join(base, "models", "notes.txt");
  fs.mkdirSync(path.dirname(notes), { recursive: true });
  fs.writeFileSync(notes, "mine");
  const outside = path.join(base, "config.json");
  fs.writeFileSync(outside, "{}");
  for (const file of [notes, outside]) {
    await problemOf(client.connection.sendRequest(deleteModelRequest, { path: file }));
    assert.ok(fs.existsSync(file));
  }
});
