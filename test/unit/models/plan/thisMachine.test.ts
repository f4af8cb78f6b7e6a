// What this machine has for models, by how the loaded ones stand.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, suite, test } from "node:test";

import { neededOf, planMemory } from "../../../../server/engine/plan/memoryPlan.ts";
import { planFile } from "../../../../server/models/plan/plannedFile.ts";
import { ThisMachine } from "../../../../server/models/plan/thisMachine.ts";
import type { DeviceInfo, ModelStatus } from "../../../../src/shared/status.ts";
import { writeSparseModel } from "../../../fixtures/sparseModel.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-machine-"));
after(() => fs.rmSync(folder, { recursive: true }));

const cpu: DeviceInfo = { kind: "cpu", name: "CPU", free: 8e9 };
const gpu: DeviceInfo = { kind: "gpu", name: "Card", free: 6e9 };

/** An eighth of the main memory is left to the programs beside a model. */
const fillable = 7 / 8;

/** A file of so many bytes that takes no room. */
function fileOf(size: number): string {
  const file = path.join(folder, `${size}.gguf`);
  fs.writeFileSync(file, "");
  fs.truncateSync(file, size);
  return file;
}

function ready(size: number, devices: readonly DeviceInfo[], tokensPerSecond?: number): ModelStatus {
  return {
    state: "ready",
    generating: false,
    unloaded: false,
    metrics: { queue: 0, memory: 1e9, ...(tokensPerSecond !== undefined && { tokensPerSecond }) },
    model: {
      ...{ name: "Model", path: fileOf(size), demonstration: false, architecture: "llama", infill: false },
      ...{ contextSize: 4096, kvCache: "f16", flashAttention: false, sequences: 2 },
      ...{ promptRate: 100, device: "Vulkan" },
      ...{ gpuLayers: devices.length > 1 ? 10 : 0, layers: 10, devices },
    },
  };
}

const machine = new ThisMachine(() => 8e9);
const auto = { gpu: "auto" } as const;

test("the processor's memory is measured", async () => {
  const { devices, bandwidth } = await machine.describe(ready(1000, [cpu]), auto);
  assert.deepEqual(
    devices.map(({ kind }) => kind),
    ["cpu"],
  );
  // From the slowest single-board computer to what no memory reaches.
  const rate = bandwidth(cpu);
  assert.ok(rate !== undefined && rate > 1e8 && rate < 1e13, `${rate} bytes in a second`);
});

test("a speed that cannot be measured is unknown, and is measured again the next time", async () => {
  let attempts = 0;
  const measure = () => (attempts++ === 0 ? Promise.reject(new Error("no thread")) : Promise.resolve(30e9));
  const unlucky = new ThisMachine(() => 8e9, measure);
  const rate = async () => (await unlucky.describe(ready(1000, [cpu]), auto)).bandwidth(cpu);
  assert.equal(await rate(), undefined);
  assert.equal(await rate(), 30e9);
  assert.equal(await rate(), 30e9);
  assert.equal(attempts, 2, "what was measured is kept");
});

test("GPUs are those that the loaded model found, unless the settings turn them off", async () => {
  const status = ready(1000, [gpu, cpu]);
  const kinds = async (settings: Parameters<ThisMachine["describe"]>[1]) =>
    (await machine.describe(status, settings)).devices.map(({ kind }) => kind);
  assert.deepEqual(await kinds(auto), ["gpu", "cpu"]);
  assert.deepEqual(await kinds({ gpu: "off" }), ["cpu"]);
});

test("a GPU's speed is known by what a large model has written on it, also after another took its place", async () => {
  const small = await machine.describe(ready(1e6, [gpu, cpu], 500), auto);
  assert.equal(small.bandwidth(gpu), undefined);
  const large = await machine.describe(ready(4e9, [gpu, cpu], 50), auto);
  assert.equal(large.bandwidth(gpu), 200e9);
  const again = await machine.describe(ready(1e6, [gpu, cpu], 500), auto);
  assert.equal(again.bandwidth(gpu), 200e9);
});

test("what leaves memory makes room: both models, one of two, and none that serves the other role, too", async () => {
  const [completion, chat] = [ready(1000, [cpu]), ready(2000, [cpu])];
  const free = async (...[status, role]: [Parameters<ThisMachine["describe"]>[0], ("chat" | "completion")?]) =>
    (await machine.describe(status, auto, role)).devices.at(-1)?.free ?? 0;
  assert.equal(await free(completion, "chat"), 8e9 * fillable);
  assert.equal(await free({ ...completion, chat }, "chat"), 9e9 * fillable);
  assert.equal(await free({ ...completion, chat }), 10e9 * fillable);
});

suite("what stays takes memory that is told to be free", () => {
  const shape = {
    ...{ layers: 10, embedding: 512, feedForward: 2048, vocabulary: 1024, heads: 8, kvHeads: 2, headSize: 64 },
    ...{ ropeSize: 64, ssm: { convolution: 0, inner: 0, state: 0, rank: 0, groups: 0 } },
  };
  const file = path.join(folder, "stays.gguf");
  writeSparseModel(file, { architecture: "llama", shape, contextLength: 4096 });

  function staying(unloaded: boolean, devices: readonly DeviceInfo[]): ModelStatus {
    const status = ready(1000, devices);
    assert.ok(status.state === "ready");
    const gpuLayers = devices.length > 1 ? 11 : 0;
    return { ...status, unloaded, metrics: { queue: 0 }, model: { ...status.model, path: file, gpuLayers } };
  }

  /** Bytes of the model on each device. */
  function planned(devices: readonly DeviceInfo[]): readonly number[] {
    const options = { contextSize: 4096, sequences: 2, kvCache: "f16", flashAttention: false } as const;
    const plan = planMemory(planFile(file).planned, { ...options, gpuLayers: devices.length > 1 ? 11 : 0 }, devices);
    return plan.devices.map(neededOf);
  }

  test("of a model at rest in the main memory, and of one in memory none", async () => {
    const free = async (unloaded: boolean) => {
      const status = { ...staying(unloaded, [cpu]), chat: ready(2000, [cpu]) };
      return (await machine.describe(status, auto, "chat")).devices.map((device) => device.free);
    };
    assert.deepEqual(await free(false), [9e9 * fillable]);
    const [bytes = 0] = planned([cpu]);
    assert.ok(bytes > 1e8);
    assert.deepEqual(await free(true), [(9e9 - bytes) * fillable]);
  });

  test("on a GPU, whichever was loaded first", async () => {
    const [bytes = 0] = planned([gpu, cpu]);
    assert.ok(bytes > 5e7);
    const after = { ...gpu, free: 3e9 };
    for (const [own, other] of [
      [gpu, after],
      [after, gpu],
    ] as const) {
      const status = { ...staying(false, [own, cpu]), chat: ready(2000, [other, cpu]) };
      const { devices } = await machine.describe(status, auto, "chat");
      assert.deepEqual(devices[0]?.free, 6e9 - bytes);
      assert.equal((await machine.describe(status, auto)).devices[0]?.free, 6e9);
    }
  });
});
