// GPUs and the memory of contexts, through the model process. Mesa's software Vulkan is as many GPUs as a test wants.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { differenceOf } from "../support/closeness.ts";
import { until } from "../support/processes.ts";
import { softwareVulkan } from "../../scripts/vulkan.ts";
import { EngineError, type LoadPlan } from "../../server/engine/engine.ts";
import { loadByPlan } from "../../server/models/session/loadPlan.ts";
import { models, writeModel } from "../fixtures/models.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest, plannedOf } from "../support/modelUnderTest.ts";

const log: string[] = [];
const deaths: string[] = [];
const engine = new ModelUnderTest({
  log: (line) => log.push(line),
  onDied: (reason) => deaths.push(reason),
});
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-devices-"));
after(async () => {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
});

const own = { ...process.env };
const plan = { path: modelFile("falcon7b"), contextSize: 2048, gpu: "auto", threads: 1 } as const;
/**
 * Each of the tokens that follow is likelier by 4 % than the next likely: devices round differently. Short, since a driver
 * compiles other programs for more than 32 tokens, and takes long to.
 */
const code = "const berth0 = boats[0];\nclass";

/** Ends the process that runs, and sets the environment that the next one begins in. */
async function restart(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  await engine.dispose();
  process.env = { ...own, ...environment };
  log.length = 0;
  deaths.length = 0;
}

function load(changes: Partial<LoadPlan> = {}, vramShare = 1) {
  return engine.load({ plan: { ...plan, ...changes, vramShare } });
}

async function loadWithRetries(changes: Partial<LoadPlan> = {}, trainedOn = 8192) {
  const options = {
    host: engine.host,
    planned: plannedOf(changes.path ?? plan.path),
    markers: [],
    onProgress: () => undefined,
    log: () => undefined,
    isWanted: () => true,
    deaths: 0,
  };
  const { model, fallback } = await loadByPlan({ ...plan, ...changes }, trainedOn, options);
  engine.model = model;
  return { ...model.info, fallback };
}

async function textOf(prompt: string): Promise<string> {
  const request = { priority: "completion", prompt: [prompt], maxTokens: 16, temperature: 0, stop: [] } as const;
  return (await engine.generate(request, () => undefined, new AbortController().signal)).text;
}

/** Of the tokens of a text. */
async function logProbabilities(text: string): Promise<readonly number[]> {
  const request = { priority: "completion", prompt: ["const"], continuations: [text] } as const;
  const [score] = (await engine.score(request, new AbortController().signal)) ?? [];
  return score?.logProbabilities ?? [];
}

describe("software Vulkan", () => {
  let one: Readonly<Record<string, string>>;
  let text: string;
  /** What makes a device of so many bytes for a buffer. */
  const largest = (size: number) => ({
    GGML_VK_FORCE_MAX_BUFFER_SIZE: String(size),
    GGML_VK_SUBALLOCATION_BLOCK_SIZE: String(size),
  });
  before(async () => {
    one = await softwareVulkan(1);
    await restart();
    await load({ gpu: "off" });
    text = await textOf(code);
  });

  test("one device writes what the CPU writes", async () => {
    await restart(one);
    const model = await load();
    assert.deepEqual([model.device, model.gpuLayers, model.layers, model.passedOver], ["Vulkan", 3, 3, []]);
    assert.equal(model.sequences, 17);
    const [gpu, cpu, ...others] = model.devices;
    assert.match(gpu?.name ?? "", /llvmpipe/);
    assert.deepEqual([gpu?.kind, gpu?.free], ["gpu", gpu?.total]);
    assert.deepEqual([cpu?.kind, cpu?.total, others], ["cpu", os.totalmem(), []]);
    assert.equal(await textOf(code), text);
  });

  test("two devices share the layers, and write what the CPU writes", async () => {
    await restart(await softwareVulkan(2));
    const model = await load();
    assert.deepEqual(
      model.devices.map(({ kind }) => kind),
      ["gpu", "gpu", "cpu"],
    );
    assert.equal(model.devices[0]?.total, model.devices[1]?.total);
    for (const device of ["Vulkan0", "Vulkan1"]) {
      await until(`${device} holds layers`, () => log.some((line) => line.includes(`${device} model buffer size`)));
    }
    assert.equal(await textOf(code), text);
  });

  test("a hybrid model, too, writes what it writes on the CPU", async () => {
    await restart(one);
    const hybrid = { path: modelFile("falconH1") };
    await load({ ...hybrid, gpu: "off" });
    const expected = await textOf(code);
    const { device, gpuLayers } = await load(hybrid);
    assert.deepEqual([device, gpuLayers], ["Vulkan", 3]);
    assert.equal(await textOf(code), expected);
  });

  test("as many layers as are set", async () => {
    await restart(one);
    const few = await load({ gpuLayers: 1 });
    assert.deepEqual([few.device, few.gpuLayers], ["Vulkan", 1]);
    assert.equal(await textOf(code), text);
  });

  test("as many layers as fit", async () => {
    const deep = path.join(folder, "deep.gguf");
    writeModel(deep, { ...models.falcon7b, layers: 16 });
    await restart(one);
    const whole = await load({ path: deep });
    assert.equal(whole.gpuLayers, whole.layers);
    await restart(one);
    // The library leaves 4 % of a device free, and 8 % of what it has in all is never there.
    const total = whole.devices[0]?.total ?? 0;
    const fitting = await load({ path: deep }, (0.04 * total + 20 * 2 ** 20) / (0.92 * total));
    assert.equal(fitting.device, "Vulkan");
    assert.ok(fitting.gpuLayers > 0 && fitting.gpuLayers < fitting.layers, `${fitting.gpuLayers} layers`);
    assert.ok((await textOf(code)).length > 0);
  });

  test("a device without enough memory gets half the context", async () => {
    const long = path.join(folder, "long.gguf");
    writeModel(long, { ...models.falcon7b, contextLength: 8192 });
    // The keys and values of 17 sequences of 8192 tokens are one buffer of 68 MiB.
    await restart({ ...one, GGML_VK_FORCE_MAX_BUFFER_SIZE: String(40 * 2 ** 20) });
    const model = await loadWithRetries({ path: long, contextSize: 8192 });
    assert.deepEqual([model.device, model.contextSize], ["Vulkan", 4096]);
    assert.equal(model.fallback, "Not enough memory; using Vulkan with 4096 tokens of context");
    assert.deepEqual(deaths, []);
    assert.ok((await textOf(code)).length > 0);
  });

  test("a context that a device cannot address is refused before it is made, and the largest that fits is used", async () => {
    const long = path.join(folder, "longer.gguf");
    writeModel(long, { ...models.falcon7b, contextLength: 2 ** 16 });
    // Of each token, the keys of a layer are 128 bytes; for a tensor that is too large llama.cpp ends the process.
    await restart({ ...one, ...largest(4_000_000) });
    const refused = load({ path: long, contextSize: 40_000 });
    await assert.rejects(refused, {
      failure: "outOfMemory",
      fits: 31_232,
      message: /40000 tokens .* 31232 tokens fit/,
    });
    const model = await loadWithRetries({ path: long, contextSize: 40_000 }, 2 ** 16);
    assert.deepEqual([model.device, model.contextSize, model.gpuLayers], ["Vulkan", 31_232, 3]);
    const fallback = "Not enough memory: a context of 31232 tokens fits; using Vulkan with 31232 tokens of context";
    assert.equal(model.fallback, fallback);
    assert.deepEqual(deaths, []);
  });

  test("a device that ends the process leaves a model that runs on the CPU", async () => {
    // It can address a layer's keys, but not what else llama.cpp makes of them.
    await restart({ ...one, ...largest(300_000) });
    const model = await loadWithRetries();
    assert.deepEqual([model.device, model.gpuLayers, model.contextSize], ["CPU", 0, 2048]);
    assert.ok(deaths.length > 0 && deaths.every((death) => death === "SIGABRT"), deaths.join());
    assert.match(model.fallback ?? "", /^The model process ended while it loaded the model; .*using the CPU$/);
    assert.equal(await textOf(code), text);
  });

  test("a driver without a device is passed over", async () => {
    const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = one as Record<"VK_DRIVER_FILES" | "VK_ICD_FILENAMES", string>;
    await restart({ VK_DRIVER_FILES, VK_ICD_FILENAMES });
    const model = await loadWithRetries();
    assert.deepEqual([model.device, model.fallback], ["CPU", "Vulkan: no device; using the CPU"]);
    assert.equal(await textOf(code), text);
  });
});

describe("an 8-bit KV cache", () => {
  const file = Array.from({ length: 30 }, (_, i) => `const berth${i} = boats[${(i * 37) % 101}];\n`).join("");
  before(() => restart());

  for (const name of ["falcon7b", "falcon40b", "falcon3", "falconH1"] as const) {
    test(`${models[name].name} finds nearly the same probabilities in it`, async () => {
      await load({ path: modelFile(name), gpu: "off" });
      const exact = await logProbabilities(file);
      await load({ path: modelFile(name), gpu: "off", kvCache: "q8_0" });
      const rounded = await logProbabilities(file);
      const { mean } = differenceOf(exact, rounded);
      assert.ok(mean > 0 && mean < 0.05, `${mean} nats`);
    });
  }
});

test("where memory is short there is flash attention, then 8 bits, unless the user says otherwise", async () => {
  const long = path.join(folder, "longest.gguf");
  writeModel(long, { ...models.falcon7b, contextLength: 2 ** 16 });
  const contextSize = 2 ** 15;
  const small = path.join(folder, "small.cjs");
  const restartWith = (bytes: number) => {
    fs.writeFileSync(small, `process.availableMemory = () => ${bytes};`);
    return restart({ NODE_OPTIONS: `--require ${small}` });
  };
  // It needs 220 MB, with flash attention 52, in 8 bits 45.
  for (const [bytes, kvCache] of [
    [400e6, "f16"],
    [100e6, "f16"],
    [55e6, "q8_0"],
  ] as const) {
    await restartWith(bytes);
    const stored = await load({ path: long, gpu: "off", contextSize });
    assert.deepEqual([stored.kvCache, stored.flashAttention, stored.contextSize], [kvCache, true, contextSize]);
    assert.ok((await textOf(code)).length > 0);
  }
  await assert.rejects(load({ path: long, gpu: "off", contextSize, kvCache: "f16" }), { failure: "outOfMemory" });
  await restartWith(400e6);
  const fitting = await load({ path: long, gpu: "off", contextSize: 2048 });
  assert.deepEqual([fitting.kvCache, fitting.flashAttention], ["f16", false]);
});

test("a KV cache of an unknown type is an error", async () => {
  await restart();
  await assert.rejects(load({ gpu: "off", kvCache: "q9" as "q8_0" }), (error) => {
    assert.ok(error instanceof EngineError);
    return /q9/.test(error.message);
  });
});
