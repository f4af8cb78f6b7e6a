// CUDA's binaries where they were downloaded to: the model process takes them from there, and goes on with Vulkan and then the CPU
// where they do not run. Packages in their shape stand for them, since no card is here; Mesa's software Vulkan is.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { softwareVulkan } from "../../scripts/vulkan.ts";
import { measureSpeed, timeOf } from "../../server/models/cuda/compareBackends.ts";
import { cudaPackages } from "../../server/models/cuda/cudaPackage.ts";
import type { Model } from "../../server/engine/engine.ts";
import { entryFile, writeFiles } from "../support/cudaPackage.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const { name, version } = cudaPackages["linux-x64"];
const cudaFolder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-downloaded-"));
const place = path.join(cudaFolder, `${name}-${version}`);
const bins = path.join(place, "bins", name);
/** What node-llama-cpp imports, which tells that it is read. */
const entry = `${entryFile}console.error("read where it was downloaded to");\n`;

const log: string[] = [];
const engine = new ModelUnderTest({ log: (line) => log.push(line) });
const own = { ...process.env };
let vulkan: Readonly<Record<string, string>>;
before(async () => {
  vulkan = await softwareVulkan(1);
});
beforeEach(async () => {
  await engine.dispose();
  log.length = 0;
  fs.rmSync(place, { recursive: true, force: true });
});
after(async () => {
  await engine.dispose();
  fs.rmSync(cudaFolder, { recursive: true });
});

async function load(environment: Readonly<Record<string, string>>) {
  process.env = { ...own, ...environment };
  const plan = { path: modelFile("falcon7b"), contextSize: 512, gpu: "cuda", threads: 1, cudaFolder } as const;
  const { device, passedOver } = await engine.load({ plan });
  const request = { priority: "completion", prompt: ["const"], maxTokens: 4, temperature: 0, stop: [] } as const;
  const { usage } = await engine.generate(request, () => undefined, new AbortController().signal);
  assert.ok(usage.generated > 0);
  return { device, passedOver };
}

/** A package of the version that runs, with these files in the place of its binaries. */
function install(files: Readonly<Record<string, string>>): void {
  writeFiles(place, { "package.json": JSON.stringify({ version }), "dist/index.js": entry });
  writeFiles(bins, { "_nlcBuildMetadata.json": '{ "buildOptions": { "gpu": "cuda", "llamaCpp": {} } }', ...files });
}

test("binaries come from where they were downloaded to; those that do not run make way for Vulkan, and that for the CPU", async () => {
  install({ "llama-addon.node": "no library" });
  const noCuda = { backend: "cuda", cause: "noBinary" };
  assert.deepEqual(await load(vulkan), { device: "Vulkan", passedOver: [noCuda] });
  assert.ok(log.includes("read where it was downloaded to"), log.join("\n"));
  assert.ok(
    log.some((line) => /CUDA.* is not compatible/.test(line)),
    log.join("\n"),
  );
  await engine.dispose();
  const { VK_DRIVER_FILES = "", VK_ICD_FILENAMES = "" } = vulkan;
  assert.deepEqual(await load({ VK_DRIVER_FILES, VK_ICD_FILENAMES }), {
    device: "CPU",
    passedOver: [noCuda, { backend: "vulkan", cause: "noDevice" }],
  });
});

test("where there is none of the version that runs, it is told", async () => {
  assert.deepEqual(await load(vulkan), { device: "Vulkan", passedOver: [{ backend: "cuda", cause: "notDownloaded" }] });
});

test("a package that says that it is of another version is not used", async () => {
  install({ "llama-addon.node": "no library" });
  writeFiles(place, { "package.json": '{ "version": "0.0.1" }' });
  assert.deepEqual(await load(vulkan), { device: "Vulkan", passedOver: [{ backend: "cuda", cause: "noBinary" }] });
  assert.ok(
    log.some((line) => line.includes("A prebuilt binary was not found")),
    log.join("\n"),
  );
});

test("a model is measured by prompts of which nothing is in memory, also where they hardly fit", async () => {
  for (const contextSize of [2048, 256]) {
    await engine.load({ plan: { path: modelFile("falcon7b"), contextSize, gpu: "off", threads: 1 } });
    const { model } = engine;
    assert.ok(model);
    const reused: number[] = [];
    const watched: Model = {
      ...model,
      countTokens: (...asked) => model.countTokens(...asked),
      generate: async (...asked) => {
        const answer = await model.generate(...asked);
        reused.push(answer.usage.reused / answer.usage.prompt);
        return answer;
      },
    };
    const speed = await measureSpeed(watched, new AbortController().signal);
    assert.ok(speed.reading > 0 && speed.writing > 0 && timeOf(speed) < Infinity, JSON.stringify(speed));
    assert.ok(reused.length === 4 && Math.max(...reused) < 0.1, reused.join());
  }
});
