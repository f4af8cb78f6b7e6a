// The memory plan, held against what llama.cpp allocates when the model process loads a model, by its own account.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { softwareVulkan } from "../../scripts/vulkan.ts";
import type { KvCache, LoadPlan } from "../../server/engine/engine.ts";
import type { ModelShape } from "../../server/engine/plan/shape.ts";
import { readModelFile } from "../../server/models/files/readModelFile.ts";
import { planMemory } from "../../server/engine/plan/memoryPlan.ts";
import { weightsOf } from "../../server/models/plan/weights.ts";
import { type SparseModel, writeSparseModel } from "../fixtures/sparseModel.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const mib = 2 ** 20;
/** Of Mesa's llvmpipe: bytes of the largest tensor that it takes. */
const longestTensor = 2 ** 27;

const size = { layers: 3, embedding: 512, feedForward: 2048, vocabulary: 16_384 };
const none = { convolution: 0, inner: 0, state: 0, rank: 0, groups: 0 };
const attention = (heads: number, kvHeads: number) => ({
  ...{ heads, kvHeads },
  ...{ headSize: size.embedding / heads, ropeSize: size.embedding / heads },
});

/** Wide enough for what is allocated to count, and with few layers, so that they load quickly. */
const shapes: Readonly<Record<string, readonly [SparseModel["architecture"], ModelShape]>> = {
  "falcon with one key-value head": ["falcon", { ...size, ...attention(8, 1), ssm: none }],
  "falcon with grouped key-value heads": ["falcon", { ...size, ...attention(8, 4), ssm: none }],
  "llama, as Falcon3": ["llama", { ...size, ...attention(4, 2), ssm: none }],
  "falcon-h1": [
    "falcon-h1",
    { ...size, ...attention(8, 2), ssm: { convolution: 4, inner: 512, state: 128, rank: 8, groups: 1 } },
  ],
  "mamba, as Falcon-Mamba": [
    "mamba",
    {
      ...{ ...size, feedForward: 0, heads: 0, kvHeads: 0, headSize: 0, ropeSize: 0 },
      ssm: { convolution: 4, inner: 1024, state: 16, rank: 32, groups: 0 },
    },
  ],
};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-plan-"));
const log: string[] = [];
const engine = new ModelUnderTest({ log: (line) => log.push(line) });
const own = { ...process.env };
after(async () => {
  process.env = own;
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
});

/** MiB of each kind of buffer that llama.cpp says it has allocated, on a GPU or in the main memory. */
function allocated(onGpu: boolean) {
  const found = { model: 0, context: 0, compute: 0 };
  for (const line of log) {
    const [, device = "", kind = "", size = ""] =
      /(\S+) (model|KV|RS|compute) buffer size = +([\d.]+) MiB/.exec(line) ?? [];
    if (/^Vulkan\d/.test(device) !== onGpu || kind === "") continue;
    found[kind === "KV" || kind === "RS" ? "context" : (kind as "model" | "compute")] += Number(size);
  }
  return found;
}

/** Bytes of what a batch without flash attention keeps of a layer. */
function scores({ heads }: ModelShape, contextSize: number): number {
  return 4 * 512 * heads * contextSize;
}

async function compare(
  file: string,
  model: SparseModel,
  gpu: LoadPlan["gpu"],
  contextSize: number,
  kvCache?: KvCache,
): Promise<void> {
  log.length = 0;
  const { architecture, shape } = model;
  const plan = { path: file, contextSize, gpu, threads: 1, ...(kvCache && { kvCache }) };
  const info = await engine.load({ plan });
  assert.deepEqual([info.contextSize, info.kvCache], [contextSize, kvCache ?? info.kvCache]);
  const isOnGpu = gpu !== "off";
  const context = { contextSize, sequences: info.sequences, kvCache: info.kvCache, gpuLayers: info.gpuLayers };
  // On a processor it is used where memory is short: then scores are not kept.
  const flashAttention =
    isOnGpu || info.kvCache === "q8_0" || allocated(false).compute < scores(shape, contextSize) / mib;
  const options = { ...context, flashAttention };
  const weights = weightsOf(readModelFile(file), shape);
  const devices = [
    ...(isOnGpu ? [{ kind: "gpu", name: "llvmpipe", free: Infinity, longestTensor } as const] : []),
    { kind: "cpu", name: "CPU", free: Infinity } as const,
  ];
  for (const device of planMemory({ architecture, shape, weights }, options, devices).devices) {
    const real = allocated(device.kind === "gpu");
    const planned = { model: device.weights, context: device.kvCache + device.state, compute: device.compute };
    const within = (kind: keyof typeof real, part: number, least: number) => {
      const off = Math.abs(planned[kind] / mib - real[kind]);
      const told = `${device.kind}: ${kind} ${planned[kind] / mib} MiB, allocated ${real[kind]} MiB`;
      assert.ok(off <= Math.max(part * real[kind], least), told);
    };
    // These follow from the shapes; what is computed is estimated.
    within("context", 0.01, 1);
    // A driver without the scan of Mamba leaves more to the processor.
    within("model", 0.02, architecture === "mamba" ? 40 : 4);
    within("compute", 0.05, 100);
  }
}

function compareAll(gpu: LoadPlan["gpu"]): void {
  for (const [name, [architecture, shape]] of Object.entries(shapes)) {
    const model = { architecture, shape, contextLength: 32_768 };
    const file = path.join(folder, `${architecture}-${shape.kvHeads}.gguf`);
    for (const contextSize of [2048, 8192, 32_768]) {
      test(`${name}, with ${contextSize} tokens`, async () => {
        if (!fs.existsSync(file)) writeSparseModel(file, model);
        await compare(file, model, gpu, contextSize);
      });
    }
  }
}

describe("on the CPU", () => {
  compareAll("off");

  test("with a KV cache in 32 bits", async () => {
    const [architecture, shape] = shapes["llama, as Falcon3"] ?? assert.fail();
    const model = { architecture, shape, contextLength: 8192 };
    const file = path.join(folder, "exact.gguf");
    writeSparseModel(file, model);
    await compare(file, model, "off", 8192, "f32");
  });
});

describe("on software Vulkan", () => {
  before(async () => {
    const environment = await softwareVulkan(1);
    await engine.dispose();
    process.env = { ...own, ...environment };
  });
  compareAll("vulkan");
});

test("a load goes by the plan: no context is made that does not fit by it", async () => {
  const [architecture, shape] = shapes["llama, as Falcon3"] ?? assert.fail();
  const file = path.join(folder, "planned.gguf");
  writeSparseModel(file, { architecture, shape, contextLength: 2048 });
  const weights = weightsOf(readModelFile(file), shape);
  // As if each token took more than any machine has.
  const planned = { architecture, shape: { ...shape, kvHeads: 1e12 }, weights };
  const plan = { path: file, contextSize: 2048, gpu: "off", threads: 1 } as const;
  await assert.rejects(engine.load({ plan, planned }), { failure: "outOfMemory", fits: 0 });
  assert.equal((await engine.load({ plan })).contextSize, 2048);
});
