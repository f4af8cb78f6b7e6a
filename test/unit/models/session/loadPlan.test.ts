// What is tried when a model cannot be loaded as it is set, and what the user is told of it.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import {
  EngineError,
  type LoadedModel,
  type LoadPlan,
  type LoadRequest,
  type ModelHost,
} from "../../../../server/engine/engine.ts";
import type { PlannedModel } from "../../../../server/engine/plan/shape.ts";
import { loadByPlan, planAttempts } from "../../../../server/models/session/loadPlan.ts";

const plan = { path: "/models/m.gguf", contextSize: 4096, gpu: "auto", threads: 0 } as const;

const planned: PlannedModel = {
  architecture: "falcon",
  shape: {
    ...{
      layers: 1,
      embedding: 64,
      vocabulary: 256,
      feedForward: 256,
      heads: 1,
      kvHeads: 1,
      headSize: 64,
      ropeSize: 64,
    },
    ssm: { convolution: 0, inner: 0, state: 0, rank: 0, groups: 0 },
  },
  weights: { embedding: 32_768, layers: [[131_072]] },
};

/** What an engine would say of a model that it loaded. */
function loaded({ plan: { path, contextSize, gpu, vramShare = 1 } }: LoadRequest): LoadedModel {
  const onGpu = gpu !== "off";
  return {
    name: "m",
    path,
    demonstration: false,
    architecture: "falcon",
    contextSize,
    kvCache: "f16",
    flashAttention: false,
    sequences: 2,
    promptRate: 10_000,
    infill: false,
    device: onGpu ? "Vulkan" : "CPU",
    gpuLayers: onGpu ? 32 * vramShare : 0,
    layers: 32,
    devices: [],
    passedOver: [],
    markers: [],
  };
}

/** Loads with an engine that answers each load with the next of the outcomes. */
async function load(
  outcomes: readonly (EngineError | ((request: LoadRequest) => LoadedModel))[],
  {
    isWanted = (): boolean => true,
    deaths = 0,
    gpu = plan.gpu,
  }: { isWanted?: () => boolean; deaths?: number; gpu?: LoadPlan["gpu"] } = {},
) {
  const events: string[] = [];
  const rest = [...outcomes];
  const unused = () => Promise.reject(new Error("not asked for"));
  const host: ModelHost = {
    memory: undefined,
    load: (request) => {
      const { contextSize, gpu, vramShare = 1 } = request.plan;
      events.push(`load ${contextSize} ${gpu} ${vramShare}`);
      const outcome = rest.shift();
      if (outcome === undefined) return unused();
      return outcome instanceof EngineError
        ? Promise.reject(outcome)
        : Promise.resolve({ info: outcome(request), generate: unused, score: unused, countTokens: unused });
    },
    dispose: () => {
      events.push("dispose");
      return Promise.resolve();
    },
  };
  const options = { host, planned, markers: [], onProgress: () => undefined, log: () => undefined, isWanted, deaths };
  const model = await loadByPlan({ ...plan, gpu }, 8192, options).catch((error: unknown) => error as Error);
  return { events, model, fallback: "fallback" in model ? model.fallback : undefined };
}

const died = new EngineError("died", "SIGABRT");
const outOfMemory = new EngineError("outOfMemory", "failed to allocate");

suite("planAttempts", () => {
  test("everything, then half the context and fewer layers, then the CPU", () => {
    assert.deepEqual(planAttempts(plan, 8192), [
      plan,
      { ...plan, contextSize: 2048, vramShare: 0.5 },
      { ...plan, gpu: "off" },
    ]);
  });

  test("without a GPU, half the context is all there is to try", () => {
    const cpu = { ...plan, gpu: "off" } as const;
    assert.deepEqual(planAttempts(cpu, 8192), [cpu, { ...cpu, contextSize: 2048, vramShare: 0.5 }]);
  });

  test("half of what the model was trained on, where that is less than what is set", () => {
    assert.deepEqual(
      planAttempts(plan, 1000).map((attempt) => attempt.contextSize),
      [1000, 500, 1000],
    );
  });
});

suite("loadByPlan", () => {
  test("one attempt that succeeds is all, and nothing is to be said", async () => {
    const { events, fallback } = await load([loaded]);
    assert.deepEqual(events, ["load 4096 auto 1"]);
    assert.equal(fallback, undefined);
  });

  test("says what was passed over", async () => {
    const passedOver = [
      { backend: "cuda", cause: "noBinary" },
      { backend: "vulkan", cause: "noDevice" },
    ] as const;
    const { fallback } = await load([(request) => ({ ...loaded(request), passedOver, device: "CPU" })]);
    assert.equal(fallback, "CUDA: does not work on this machine; Vulkan: no device; using the CPU");
  });

  test("names the packages that an NVIDIA driver needs for Vulkan", async () => {
    const passedOver = [{ backend: "vulkan", cause: "noLibraries" }] as const;
    const { fallback } = await load([(request) => ({ ...loaded(request), passedOver, device: "CPU" })]);
    assert.match(fallback ?? "", /NVIDIA driver.* libegl1, libglvnd0, libvulkan1; using the CPU$/);
  });

  test("settles for the largest context that fits, where that is known", async () => {
    const tooLarge = new EngineError("outOfMemory", "it needs more", { fits: 3072 });
    const { events, fallback } = await load([tooLarge, loaded]);
    assert.deepEqual(events, ["load 4096 auto 1", "dispose", "load 3072 auto 1"]);
    const reason = "Not enough memory: a context of 3072 tokens fits";
    assert.equal(fallback, `${reason}; using Vulkan with 3072 tokens of context`);
    const none = new EngineError("outOfMemory", "it needs more", { fits: 0 });
    assert.deepEqual((await load([none, loaded])).events.at(-1), "load 2048 auto 0.5");
  });

  test("settles for less, in a fresh process", async () => {
    const { events, fallback } = await load([outOfMemory, loaded]);
    assert.deepEqual(events, ["load 4096 auto 1", "dispose", "load 2048 auto 0.5"]);
    assert.equal(fallback, "Not enough memory; using Vulkan with 2048 tokens of context");
  });

  test("ends on the CPU, with the whole context", async () => {
    const { events, fallback } = await load([died, new EngineError("deviceFailed", "lost"), loaded]);
    assert.equal(events.at(-1), "load 4096 off 1");
    assert.equal(
      fallback,
      "The model process ended while it loaded the model; The GPU could not load the model; using the CPU",
    );
  });

  test("a card that CUDA ends the process on is served by Vulkan, with the whole context", async () => {
    const { events, fallback } = await load([died, loaded], { gpu: "cuda" });
    assert.deepEqual(events, ["load 4096 cuda 1", "dispose", "load 4096 vulkan 1"]);
    assert.equal(fallback, "CUDA: The model process ended while it loaded the model; using Vulkan");
  });

  test("a model that the process ended with under CUDA is given to Vulkan, and then to the CPU", async () => {
    const first = async (deaths: number) => (await load([loaded], { gpu: "cuda", deaths })).events[0];
    assert.equal(await first(1), "load 4096 cuda 1");
    assert.equal(await first(2), "load 4096 vulkan 1");
    assert.equal(await first(3), "load 4096 off 1");
  });

  test("says that CUDA is to be downloaded again after an update", async () => {
    const passedOver = [{ backend: "cuda", cause: "notDownloaded" }] as const;
    const { fallback } = await load([(request) => ({ ...loaded(request), passedOver })], { gpu: "cuda" });
    assert.equal(fallback, "CUDA: not downloaded for this version of Falcon; using Vulkan");
  });

  test("gives up with the last attempt's error", async () => {
    const { events, model } = await load([died, died, outOfMemory]);
    assert.equal(model, outOfMemory);
    assert.equal(events.length, 5);
  });

  test("a model that the process ended with twice is not given to a GPU again", async () => {
    assert.deepEqual((await load([loaded], { deaths: 1 })).events, ["load 4096 auto 1"]);
    const { events, fallback } = await load([loaded], { deaths: 2 });
    assert.deepEqual(events, ["load 4096 off 1"]);
    assert.equal(fallback, "The model process ended 2 times; using the CPU");
  });

  test("does not try again what no device can mend", async () => {
    const { events, model } = await load([new EngineError("loadFailed", "a tensor is missing")]);
    assert.ok(model instanceof EngineError && model.failure === "loadFailed");
    assert.equal(events.length, 1);
  });

  test("does not try again what nobody wants any more", async () => {
    const { events, model } = await load([died], { isWanted: () => false });
    assert.equal(model, died);
    assert.equal(events.length, 1);
  });
});
