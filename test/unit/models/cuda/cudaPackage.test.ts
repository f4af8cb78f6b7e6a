// What is pinned of CUDA's packages: what package-lock.json has of them, and machine code for the cards that they are offered for.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { cudaPackageFor, cudaPackages, machineCode } from "../../../../server/models/cuda/cudaPackage.ts";

const root = path.join(import.meta.dirname, "../../../..");

test("versions and hashes are those that package-lock.json has, of the version that runs models", () => {
  const { packages } = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
  };
  for (const { name, version, sha512 } of Object.values(cudaPackages)) {
    assert.equal(packages[`node_modules/@node-llama-cpp/${name}`]?.integrity, `sha512-${sha512}`);
    assert.equal(packages[`node_modules/@node-llama-cpp/${name}`]?.version, version);
    assert.equal(packages["node_modules/node-llama-cpp"]?.version, version);
  }
});

test("there is none for a platform without NVIDIA's cards", () => {
  assert.equal(cudaPackageFor("darwin-arm64"), undefined);
  assert.equal(cudaPackageFor("linux-arm64"), undefined);
  assert.equal(cudaPackageFor("linux-x64")?.name, "linux-x64-cuda");
});

const library = path.join(root, "node_modules/@node-llama-cpp/linux-x64-cuda/bins/linux-x64-cuda/libggml-cuda.so");
// npm installs it on the platform that it is for.
if (fs.existsSync(library)) {
  test("the binary has machine code for the compute capabilities that it is offered for, and for no other", () => {
    assert.deepEqual(machineCodeIn(fs.readFileSync(library)), machineCode);
  });
}

/** Reads the headers of CUDA's “fat binaries”: one for each source file, with an entry for each kind of code and card. */
function machineCodeIn(content: Buffer): string[] {
  const beginning = Buffer.from("50ed55ba01001000", "hex");
  const found = new Set<number>();
  for (let at = content.indexOf(beginning); at >= 0; at = content.indexOf(beginning, at + 1)) {
    const end = at + 16 + Number(content.readBigUInt64LE(at + 8));
    for (let entry = at + 16; entry < end;) {
      const isMachineCode = content.readUInt16LE(entry) === 2;
      if (isMachineCode) found.add(content.readUInt32LE(entry + 28));
      entry += content.readUInt32LE(entry + 4) + Number(content.readBigUInt64LE(entry + 8));
    }
  }
  return [...found].sort((a, b) => a - b).map((number) => `${Math.floor(number / 10)}.${number % 10}`);
}
