// CUDA through the built server, as a client asks for it, with a program on the path that is NVIDIA's and a registry on the loopback.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { cudaPackageFor } from "../../server/models/cuda/cudaPackage.ts";
import { compareCudaRequest, cudaRequest, removeCudaRequest } from "../../src/shared/cuda.ts";
import { downloadRequest } from "../../src/shared/methods.ts";
import { problemOf } from "../support/asking.ts";
import { Registry, writeFiles } from "../support/cudaPackage.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

const wanted = cudaPackageFor("linux-x64");
const libraries = wanted?.libraries ?? [];
const registry = new Registry();
let base: string;
let cudaFolder: string;
let client: LspClient;

before(() => registry.start());
after(() => registry.stop());
beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-cuda-"));
  cudaFolder = path.join(base, "cuda");
  registry.asked.length = 0;
});
afterEach(async () => {
  await client.stop();
  fs.rmSync(base, { recursive: true });
});

/** Starts a server on a machine with a card of a compute capability, and with these libraries. */
async function start(capability: string, found = libraries): Promise<void> {
  writeProgram("nvidia-smi", `echo "NVIDIA Test Card, ${capability}"`);
  // Whatever this machine has installed.
  writeProgram("ldconfig", "true");
  writeFiles(path.join(base, "libraries"), Object.fromEntries(found.map((name) => [name, ""])));
  Object.assign(process.env, { HTTP_PROXY: "", http_proxy: "", HTTPS_PROXY: "", https_proxy: "" });
  const PATH = `${base}${path.delimiter}${process.env["PATH"] ?? ""}`;
  client = LspClient.spawn({ env: { PATH, LD_LIBRARY_PATH: path.join(base, "libraries") } });
  const settings = {
    ...quickSettings,
    model: { ...quickSettings.model, path: modelFile("falcon7b") },
    models: { cudaFolder, registry: registry.address },
  };
  await client.connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    workspaceFolders: [],
    initializationOptions: { settings },
  });
  await client.connection.sendNotification("initialized", {});
}

function writeProgram(name: string, command: string): void {
  fs.writeFileSync(path.join(base, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

// The packages are for these alone; the rest is tested without a server.
if (process.platform === "linux" && process.arch === "x64") {
  test("it is offered for a card that it has machine code for, and nothing is asked of the registry meanwhile", async () => {
    await start("8.9");
    const offer = await client.connection.sendRequest(cudaRequest);
    assert.deepEqual(offer, {
      cards: ["NVIDIA Test Card"],
      download: { repository: "@node-llama-cpp/linux-x64-cuda", files: [`linux-x64-cuda-${wanted?.version}.tgz`] },
      size: wanted?.size,
      unpacked: wanted?.unpacked,
      installed: false,
      taken: 0,
    });
    assert.deepEqual(registry.asked, []);
  });

  test("another card, and a missing library, are told of by name", async () => {
    await start("7.5", libraries.slice(0, 1));
    assert.match((await client.connection.sendRequest(cudaRequest))?.obstacle ?? "", /NVIDIA Test Card .* 7\.5/);
    writeProgram("nvidia-smi", 'echo "NVIDIA Test Card, 12.0"');
    const obstacle = (await client.connection.sendRequest(cudaRequest))?.obstacle ?? "";
    assert.match(obstacle, /needs libcublas\.so\.13, libcublasLt\.so\.13 of NVIDIA's CUDA Toolkit 13/);
  });

  test("a registry that has another package is refused, and nothing of it stays", async () => {
    await start("8.9");
    registry.content = Buffer.from("another package");
    const offer = await client.connection.sendRequest(cudaRequest);
    assert.ok(offer);
    const problem = await problemOf(client.connection.sendRequest(downloadRequest, offer.download));
    assert.match(problem.message, /do not have the hash/);
    assert.deepEqual(registry.asked, [`/@node-llama-cpp/linux-x64-cuda/-/linux-x64-cuda-${wanted?.version}.tgz`]);
    assert.deepEqual(fs.readdirSync(cudaFolder), []);
  });

  test("binaries that do not run are told of when they are tried, the model goes on, and their space is freed", async () => {
    await start("8.9");
    const place = path.join(cudaFolder, `linux-x64-cuda-${wanted?.version}`);
    writeFiles(place, { "bins/linux-x64-cuda/llama-addon.node": "no library", "dist/index.js": "throw new Error();" });
    const problem = await problemOf(client.connection.sendRequest(compareCudaRequest));
    assert.match(problem.message, /^CUDA does not run here\. CUDA: /);
    const ready = await client.statusWhere((status) => status.state === "ready" && !status.unloaded);
    assert.ok(ready.state === "ready" && ready.model.device === "CPU");
    const taken = (await client.connection.sendRequest(cudaRequest))?.taken;
    assert.deepEqual(await client.connection.sendRequest(removeCudaRequest), { freed: taken });
    assert.equal(fs.existsSync(cudaFolder), false);
  });
}
