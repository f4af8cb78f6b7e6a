// CUDA's package from a registry on the loopback: unpacked when it is the pinned one, and nothing else of it is left.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Header } from "tar";

import type { CudaPackage } from "../../../../server/models/cuda/cudaPackage.ts";
import { cudaTaken, installCuda, removeCuda } from "../../../../server/models/cuda/installCuda.ts";
import { openHub } from "../../../../server/models/download/hub.ts";
import type { FileProgress } from "../../../../server/models/download/downloadFile.ts";
import { type Wait, wait } from "../../../../server/models/download/waiting.ts";
import { lockFile } from "../../../../server/models/files/fileLock.ts";
import type { Network } from "../../../../server/network.ts";
import { describe, entryFile, pack, Registry, writeFiles } from "../../../support/cudaPackage.ts";
import { letOthersRun, openLoopback } from "../../../support/downloads.ts";

const registry = new Registry();
const cut = 400;
let network: Network;
let base: string;
let folder: string;
let archive: string;
let wanted: CudaPackage;

before(async () => {
  await registry.start();
  network = await openLoopback();
});
after(async () => {
  await network.close();
  await registry.stop();
});
beforeEach(async () => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-cuda-"));
  folder = path.join(base, "cuda");
  archive = path.join(base, "archive.tgz");
  writeFiles(path.join(base, "package"), {
    "package.json": '{ "version": "1.2.3" }',
    "dist/index.js": entryFile,
    "bins/linux-x64-cuda/library.so": "machine code".repeat(1000),
  });
  wanted = await pack(base, archive);
  registry.asked.length = 0;
  registry.content = fs.readFileSync(archive);
});

afterEach(() => fs.rmSync(base, { recursive: true }));

function install(changes: Partial<CudaPackage> = {}, address = registry.address, wait: Wait = letOthersRun) {
  const hub = openHub({ hub: "http://hub.invalid" }, () => Promise.resolve(undefined));
  const onProgress = ({ received }: FileProgress) => {
    if (received === cut) registry.end();
  };
  const options = { access: { network, hub }, wait, onProgress };
  const place = { folder, registry: address };
  return installCuda({ ...wanted, ...changes }, place, options, new AbortController().signal);
}

/** Serves an archive that is pinned as it is. */
function serve(content: Buffer): void {
  fs.writeFileSync(archive, content);
  registry.content = content;
  wanted = describe(archive);
}

const left = () => (fs.existsSync(folder) ? fs.readdirSync(folder) : []);

suite("installCuda", () => {
  test("the package comes from its place in the registry, and lies unpacked where the model process looks for it", async () => {
    const [file] = await install();
    assert.deepEqual(registry.asked, ["/@node-llama-cpp/linux-x64-cuda/-/linux-x64-cuda-1.2.3.tgz"]);
    assert.equal(file?.path, path.join(folder, "linux-x64-cuda-1.2.3"));
    assert.deepEqual(left(), ["linux-x64-cuda-1.2.3"]);
    assert.equal(fs.readFileSync(path.join(file.path, "bins/linux-x64-cuda/library.so"), "utf8").length, 12_000);
    await install();
    assert.equal(registry.asked.length, 1);
    assert.equal(await removeCuda(wanted, { folder }), 12_000 + entryFile.length + 22);
    assert.equal(fs.existsSync(folder), false);
    assert.equal(await cudaTaken({ folder }), 0);
  });

  test("a registry with another package is refused, and nothing is left of it", async () => {
    writeFiles(path.join(base, "package"), { "dist/index.js": "throw new Error()" });
    await pack(base, archive);
    registry.content = fs.readFileSync(archive);
    await assert.rejects(install(), { kind: "wrongHash" });
    assert.deepEqual(left(), []);
  });

  test("a package that was cut goes on where it ended", async () => {
    registry.cut = cut;
    await install();
    assert.deepEqual(registry.asked.slice(1), [`${registry.asked[0]} bytes=${cut}-`]);
    assert.deepEqual(left(), ["linux-x64-cuda-1.2.3"]);
  });

  test("an archive that another program left is held against the hash before it is unpacked", async () => {
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "linux-x64-cuda-1.2.3.tgz"), registry.content.subarray(0, 500));
    await assert.rejects(install(), { kind: "wrongHash" });
    assert.deepEqual(left(), []);
    await install();
    assert.deepEqual(left(), ["linux-x64-cuda-1.2.3"]);
  });

  test("what earlier versions and killed processes left is deleted once the package is there", async () => {
    writeFiles(folder, { "linux-x64-cuda-1.2.2/package.json": "{}", "linux-x64-cuda-1.2.3.draft/bins/library.so": "" });
    await install();
    assert.deepEqual(left(), ["linux-x64-cuda-1.2.3"]);
  });

  test("what others keep in the folder stays, and does not count", async () => {
    writeFiles(folder, { "notes.txt": "mine", "cuda-toolkit/library.so": "mine" });
    await install();
    assert.deepEqual(left(), ["cuda-toolkit", "linux-x64-cuda-1.2.3", "notes.txt"]);
    assert.equal(await removeCuda(wanted, { folder }), 12_000 + entryFile.length + 22);
    assert.deepEqual(left(), ["cuda-toolkit", "notes.txt"]);
    assert.equal(await cudaTaken({ folder }), 0);
  });

  test("a package that a window downloads is not deleted under it", async () => {
    writeFiles(folder, { "linux-x64-cuda-1.2.3.tgz.part": "half" });
    const options = { wait: letOthersRun, onWaiting: () => Promise.resolve(true) };
    const lock = await lockFile(path.join(folder, "linux-x64-cuda-1.2.3"), options, new AbortController().signal);
    await assert.rejects(removeCuda(wanted, { folder }), /Another window/);
    await lock?.release();
    assert.equal(await removeCuda(wanted, { folder }), 4);
    assert.deepEqual(left(), []);
  });

  test("two windows that want it at once both get it, whoever downloads and deletes the archive", async () => {
    const files = await Promise.all([1, 2, 3].map(() => install({}, registry.address, wait)));
    assert.equal(registry.asked.length, 1);
    assert.deepEqual(new Set(files.map(([file]) => file?.path)), new Set([path.join(folder, "linux-x64-cuda-1.2.3")]));
    assert.deepEqual(left(), ["linux-x64-cuda-1.2.3"]);
  });

  test("a disk without room is told before anything is asked for", async () => {
    await assert.rejects(install({ unpacked: 2 ** 60 }), { kind: "diskFull" });
    assert.deepEqual(registry.asked, []);
  });

  test("an archive that is no archive, one with a link and one that leads out of its folder are not unpacked", async () => {
    const outside = path.join(base, "outside");
    for (const content of [
      gzipSync(Buffer.from("no archive".repeat(1000))),
      gzipSync(tarOf({ path: "package/link", type: "SymbolicLink", linkpath: outside })),
      gzipSync(tarOf({ path: "package/link", type: "Link", linkpath: archive })),
      gzipSync(tarOf({ path: "package/../../outside", type: "File", size: 4 }, "evil")),
    ]) {
      serve(content);
      await assert.rejects(install());
      assert.deepEqual(left(), ["linux-x64-cuda-1.2.3.tgz"]);
      assert.equal(fs.existsSync(outside), false);
      fs.rmSync(folder, { recursive: true });
    }
    serve(gzipSync(tarOf({ path: outside, type: "File", size: 4 }, "evil")));
    await install();
    assert.equal(fs.existsSync(outside), false);
  });

  test("an address that is none is told with the setting that has it", async () => {
    for (const address of ["registry", "ftp://registry", "http://me:secret@registry"]) {
      await assert.rejects(install({}, address), (error: Error & { action?: string }) => {
        assert.doesNotMatch(error.message, /secret/);
        return error.action === "registrySetting";
      });
    }
  });
});

/** An archive of one entry. */
function tarOf(entry: object, text = ""): Buffer {
  const header = new Header({ mode: 0o644, size: 0, ...entry });
  header.encode();
  const block = header.block ?? Buffer.alloc(512);
  return Buffer.concat([block, Buffer.alloc(text === "" ? 0 : 512, 0).fill(text, 0, text.length), Buffer.alloc(1024)]);
}
