// Makes the context of a model: as large as it is set, for as many sequences as fit.

import type * as NodeLlamaCpp from "node-llama-cpp";
import type { GgufFileInfo, Llama, LlamaContext, LlamaModel } from "node-llama-cpp";

import { EngineError, type LoadPlan } from "../../engine.ts";
import { batchSize } from "../decode/chunkSize.ts";
import { contextStep, countSequences, freeMemory, longestTensor, type Memory } from "./memory.ts";

/** @throws EngineError `outOfMemory` before anything is allocated that does not fit */
export async function createContext(
  library: typeof NodeLlamaCpp,
  model: LlamaModel,
  plan: LoadPlan,
  threads: number,
  isMapped: boolean,
): Promise<LlamaContext> {
  const kvType = kvCacheType(library, plan);
  // On a processor flash attention adds up in 16 bits: log-probabilities are off by up to 0.01 and depend on how a prompt
  // was cut into batches, for some percent of speed. A quantized KV cache cannot do without.
  const flashAttention = model.llama.gpu === false && kvType === library.GgmlType.F16 ? false : "auto";
  const options = {
    contextSize: Math.min(plan.contextSize, model.trainContextSize),
    batchSize,
    flashAttention,
  } as const;
  const most = await mostTokens(library, model.llama, model.fileInfo, plan);
  const needs = async (sequences: number, contextSize: number): Promise<Memory> => {
    const tokens = model.gpuLayers > 0 ? sequences * Math.ceil(contextSize / contextStep) * contextStep : 0;
    if (tokens > most) return { ram: 0, gpu: 0, tokens };
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2({
      ...options,
      contextSize,
      sequences,
      modelGpuLayers: model.gpuLayers,
      kvCacheKeyType: kvType,
      kvCacheValueType: kvType,
    });
    return { ram: cpuRam, gpu: gpuVram, tokens };
  };
  // Before the context: what is used is the weights.
  const weights = isMapped ? (await model.llama.getLlamaMemoryUsage()).cpuRam : 0;
  const free = { ...(await freeMemory(model.llama)), tokens: most };
  const sequences = await countSequences(options.contextSize, needs, free, weights, mostSequences(model, plan));
  const kvTypes = { experimentalKvCacheKeyType: kvType, experimentalKvCacheValueType: kvType };
  const { adapter } = plan;
  const lora = adapter && { adapters: [{ filePath: adapter.path, scale: adapter.scale }] };
  return model.createContext({ ...options, ...kvTypes, ...(lora && { lora }), sequences, threads });
}

/** Where a batch costs nearly as much as its parts, where checkpoints take memory for each, or where memory is short. */
const fewSequences = 4;
const manySequences = 16;

function mostSequences({ llama, fileInsights }: LlamaModel, { vramShare = 1 }: LoadPlan): number {
  const few = llama.gpu === false || fileInsights.isHybrid || fileInsights.isRecurrent || vramShare < 1;
  return few ? fewSequences : manySequences;
}

/** The library would take a name that it does not know for F16. */
function kvCacheType({ GgmlType }: typeof NodeLlamaCpp, { kvCache = "f16" }: LoadPlan): NodeLlamaCpp.GgmlType {
  switch (kvCache) {
    case "f16":
      return GgmlType.F16;
    case "q8_0":
      return GgmlType.Q8_0;
    default:
      throw new EngineError("loadFailed", `there is no KV cache of the type ${String(kvCache)}`);
  }
}

/**
 * Tokens of all sequences that a context may have: for a larger tensor than the GPUs take, which is a layer's keys, llama.cpp
 * ends the process, even where it only estimates the memory.
 */
export async function mostTokens(
  library: typeof NodeLlamaCpp,
  llama: Llama,
  { architectureMetadata: { embedding_length = 0, attention } }: Pick<GgufFileInfo, "architectureMetadata">,
  plan: LoadPlan,
): Promise<number> {
  const most = (count: number | readonly number[] | undefined) =>
    typeof count === "object" ? Math.max(0, ...count) : count;
  const heads = most(attention?.head_count) ?? 0;
  if (heads === 0) return Infinity;
  const keys = (most(attention?.head_count_kv) ?? heads) * (attention?.key_length ?? embedding_length / heads);
  // q8_0 has a scale of 2 bytes for 32 numbers.
  const bytes = kvCacheType(library, plan) === library.GgmlType.Q8_0 ? 34 / 32 : 2;
  const tokens = (await longestTensor(llama)) / (keys * bytes);
  return Number.isFinite(tokens) ? Math.floor(tokens / contextStep) * contextStep : Infinity;
}
