// Makes the context of a model: as large as it is set, in less memory where there is little, for as many sequences as fit.

import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama, LlamaContext, LlamaModel } from "node-llama-cpp";

import { EngineError, type KvCache, type LoadPlan } from "../../engine.ts";
import { batchSize, contextStep, kvNumberBytes, roomyKvCache } from "../../plan/buffers.ts";
import { planMemory } from "../../plan/memoryPlan.ts";
import type { PlannedModel } from "../../plan/shape.ts";
import { hasGpu } from "./device.ts";
import { devicesOf, fitContext, freeMemory, longestTensor, type Storage } from "./memory.ts";

/** How a context is stored and evaluated. On a GPU llama.cpp chooses flash attention where it has it. */
interface Way {
  readonly kvCache: KvCache;
  readonly flashAttention: boolean | "auto";
}

/** @throws EngineError `outOfMemory` before anything is allocated that does not fit */
export async function createContext(
  library: typeof NodeLlamaCpp,
  model: LlamaModel,
  planned: PlannedModel,
  plan: LoadPlan,
  threads: number,
  isMapped: boolean,
): Promise<LlamaContext> {
  const wanted = Math.min(plan.contextSize, model.trainContextSize);
  // Before the context: what is used is the weights.
  const weights = isMapped ? (await model.llama.getLlamaMemoryUsage()).cpuRam : 0;
  const free = await freeMemory(model.llama);
  const storages = await Promise.all(
    waysOf(plan, planned, model).map((ways) => Promise.all(ways.map((way) => storageOf(model, planned, way)))),
  );
  const { storage, sequences } = fitContext(wanted, storages, free, weights, mostSequences(model, plan));
  const { adapters = [] } = plan;
  const lora = adapters.length > 0 && { adapters: adapters.map(({ path, scale }) => ({ filePath: path, scale })) };
  const { kvCache, flashAttention } = storage.way;
  const kvType = library.GgmlType[kvCache.toUpperCase() as Uppercase<KvCache>];
  const kvTypes = { experimentalKvCacheKeyType: kvType, experimentalKvCacheValueType: kvType };
  const options = { contextSize: wanted, batchSize, flashAttention, sequences, threads } as const;
  return model.createContext({ ...options, ...kvTypes, ...(lora && { lora }) });
}

async function storageOf(
  { llama, gpuLayers }: LlamaModel,
  planned: PlannedModel,
  way: Way,
): Promise<Storage & { readonly way: Way }> {
  const tokens = await mostTokens(llama, planned, way.kvCache);
  const devices = await devicesOf(llama);
  const needs: Storage["needs"] = (sequences, contextSize) => {
    const context = { contextSize, sequences, kvCache: way.kvCache, flashAttention: way.flashAttention !== false };
    const memory = planMemory(planned, { ...context, gpuLayers }, devices).devices;
    const needed = (kind: "cpu" | "gpu") =>
      memory
        .filter((device) => device.kind === kind)
        .reduce((sum, { kvCache, state, compute }) => sum + kvCache + state + compute, 0);
    return {
      ram: needed("cpu"),
      gpu: needed("gpu"),
      tokens: gpuLayers > 0 ? sequences * Math.ceil(contextSize / contextStep) * contextStep : 0,
    };
  };
  return { way, needs, tokens };
}

/** Where checkpoints take memory for each, or where memory is short. */
const fewSequences = 4;
/** Sixteen answers at once, and a completion. */
const manySequences = 17;

function mostSequences({ fileInsights }: LlamaModel, { vramShare = 1 }: LoadPlan): number {
  const few = fileInsights.isHybrid || fileInsights.isRecurrent || vramShare < 1;
  return few ? fewSequences : manySequences;
}

/**
 * The ways that a context may be stored, by the type of the numbers: the later types are for where none before fits. Flash
 * attention needs no room for all scores of a batch at once: of a long context of a small model most of the memory. A quantized
 * KV cache cannot do without.
 * On a GPU in 8 bits only if the user says so: with software Vulkan and a long context, llama.cpp then writes into memory that
 * is not its own.
 */
function waysOf(
  { kvCache = "auto" }: LoadPlan,
  { shape }: PlannedModel,
  { llama, gpuLayers }: LlamaModel,
): readonly (readonly Way[])[] {
  const first = roomyKvCache(kvCache);
  // The library would take a name that it does not know for F16.
  if (!Object.hasOwn(kvNumberBytes, first))
    throw new EngineError("loadFailed", `there is no KV cache of the type ${first}`);
  // In 8 bits there are blocks of 32 numbers.
  const mayUse8Bits = kvCache === "auto" && gpuLayers === 0 && shape.headSize % 32 === 0;
  const types: readonly KvCache[] = mayUse8Bits ? [first, "q8_0"] : [first];
  const flashAttentions = (type: KvCache): readonly Way["flashAttention"][] => {
    if (hasGpu(llama)) return ["auto"];
    return type === "q8_0" ? [true] : [false, true];
  };
  return types.map((type) => flashAttentions(type).map((flashAttention) => ({ kvCache: type, flashAttention })));
}

/**
 * Tokens of all sequences that a context may have: for a larger tensor than the GPUs take, which is a layer's keys, llama.cpp
 * ends the process.
 */
export async function mostTokens(llama: Llama, { shape }: PlannedModel, kvCache: KvCache): Promise<number> {
  const tokens = (await longestTensor(llama)) / (shape.kvHeads * shape.headSize * kvNumberBytes[kvCache]);
  return Number.isFinite(tokens) ? Math.floor(tokens / contextStep) * contextStep : Infinity;
}
