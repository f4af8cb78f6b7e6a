// What a VSIX holds: the engine runs with nothing but its files, and each platform gets its own binaries.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { faultsOf, type PackedFile, unpackVsix } from "../../scripts/checkVsix.ts";
import { fetchPackages, parseTarget } from "../../scripts/targets.ts";
import { packageExtension, vsixPath } from "../../scripts/vsix.ts";
import { softwareVulkan } from "../../scripts/vulkan.ts";
import { grammarOf, Grammars } from "../../server/syntax/grammars.ts";
import { ModelProcess } from "../../server/engine/process/modelProcess.ts";
import { planFile } from "../../server/models/plan/plannedFile.ts";
import { modelFile } from "../support/models.ts";

const own = process.env;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-vsix-test-"));
let files: readonly PackedFile[];
before(async () => {
  files = await unpackVsix(vsixPath());
  for (const file of files) {
    const place = path.join(folder, file.path);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, file.content);
  }
});
after(() => {
  process.env = own;
  fs.rmSync(folder, { recursive: true });
});

/** Loads a model with the unpacked engine, and lets it write. */
async function write(gpu: "off" | "vulkan" | "auto") {
  const host = new ModelProcess({
    modulePath: path.join(folder, "dist/engine.cjs"),
    log: () => undefined,
    onDied: (reason) => assert.fail(reason),
  });
  try {
    const plan = { path: modelFile("falcon7b"), contextSize: 512, gpu, threads: 1 } as const;
    const model = await host.load({ plan, planned: planFile(plan.path).planned, markers: [] }, () => undefined);
    const prompt = ["const berth0 = boats[0];\nclass"];
    const request = { priority: "completion", prompt, maxTokens: 8, temperature: 0, stop: [] } as const;
    const { text } = await model.generate(request, () => undefined, new AbortController().signal);
    return { info: model.info, text };
  } finally {
    await host.dispose();
  }
}

test("the packed engine runs on the CPU and on Vulkan, whose libraries it holds once", async () => {
  const { info, text } = await write("off");
  assert.equal(info.device, "CPU");
  process.env = { ...own, ...(await softwareVulkan(1)) };
  // A second process finds what the first one has linked.
  for (const written of [await write("vulkan"), await write("vulkan")]) {
    assert.equal(written.info.device, "Vulkan");
    assert.equal(written.text, text);
  }
});

test("where Vulkan has no device, the packed engine runs on the CPU as without Vulkan", async () => {
  // llama.cpp passes over a device that computes on the CPU.
  process.env = { ...own, ...(await softwareVulkan(1)), GGML_VK_VISIBLE_DEVICES: undefined };
  const { info, text } = await write("auto");
  process.env = own;
  const without = await write("off");
  assert.deepEqual([info.device, info.flashAttention, text], ["CPU", without.info.flashAttention, without.text]);
});

test("the packed grammars load", async () => {
  const grammars = new Grammars(path.join(folder, "dist/grammars"));
  for (const language of Object.keys(grammarOf)) assert.ok(await grammars.parserOf(language), language);
});

test("another platform's VSIX is packed here, with its binaries and no others", async () => {
  const target = parseTarget() === "darwin-arm64" ? "linux-arm64" : "darwin-arm64";
  try {
    await packageExtension(target);
    const foreign = await unpackVsix(vsixPath(target));
    assert.deepEqual(faultsOf(foreign, target), []);
    const mixed = faultsOf([...foreign, ...files.filter(({ path }) => path.includes("ggml-base"))], target);
    assert.equal(mixed.length, 2, mixed.join("\n"));
    assert.match(mixed[0] ?? "", /ggml-base\S* is another platform's$/);
    assert.match(mixed[1] ?? "", /ggml-base\S* is a binary for /);
  } finally {
    for (const end of ["", ".txt"]) fs.rmSync(vsixPath(target) + end, { force: true });
  }
});

test("what is missing in a VSIX, or too much, is named", () => {
  const faults = (changed: readonly PackedFile[]) => faultsOf(changed, parseTarget());
  assert.deepEqual(faults(files), []);
  const without = (part: string) => faults(files.filter((file) => !file.path.includes(part)));
  assert.deepEqual(without("dist/parentWatch.cjs"), ["dist/parentWatch.cjs is missing"]);
  assert.deepEqual(without("ggml-cpu"), ["the CPU's library is missing"]);
  assert.deepEqual(without("tree-sitter.wasm"), ["dist/grammars/tree-sitter.wasm is missing"]);
  assert.deepEqual(without("tree-sitter-rust.wasm"), ["dist/grammars/tree-sitter-rust.wasm is missing"]);
  const grammars = new Set(Object.values(grammarOf)).size;
  assert.equal(
    without("THIRD-PARTY").length,
    3 + grammars + (files.some(({ path }) => path.includes("ggml-vulkan.")) ? 2 : 1),
  );
  const map = { path: "dist/server.cjs.map", content: Buffer.from("{}") };
  assert.deepEqual(faults([...files, map]), ["dist/server.cjs.map is of no use"]);
});

test("a package that is not what package-lock.json says is not taken", async () => {
  const integrity = `sha512-${Buffer.alloc(64).toString("base64")}`;
  const name = "@node-llama-cpp/mac-arm64-metal";
  const lock = { packages: { [`node_modules/${name}`]: { version: "3.21.1", integrity } } };
  const scratch = fs.mkdtempSync(path.join(folder, "scratch-"));
  await assert.rejects(fetchPackages([name], scratch, lock), /npm ci/);
  assert.ok(!fs.existsSync(path.join(scratch, "node_modules", name)));
});
