// Loads a model file onto the devices that there are, with a context for its requests.

import fs from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama, LlamaContextSequence, LlamaModel } from "node-llama-cpp";

import type { DeviceInfo } from "../../../../src/shared/status.ts";
import { plainName } from "../../../../src/shared/plainText.ts";
import { availableRam } from "../../../availableRam.ts";
import { modelFiles } from "../../splitFiles.ts";
import { EngineError, type KvCache, type LoadedModel, type LoadPlan, type LoadRequest } from "../../engine.ts";
import { roomyKvCache } from "../../plan/buffers.ts";
import { planMemory } from "../../plan/memoryPlan.ts";
import type { PlannedModel } from "../../plan/shape.ts";
import { hasGpu, listDevices, openLlama, tellsOfPlace } from "./device.ts";
import { createContext, mostTokens } from "./createContext.ts";
import { Measurements } from "./measurements.ts";
import { devicesOf } from "./memory.ts";
import { warmUp } from "./warmUp.ts";
import { canInfill } from "../text/tokenizePrompt.ts";
import { Vocabulary } from "../text/vocabulary.ts";

/**
 * Copies of a recurrent state, to go back to: a hybrid or recurrent model cannot drop the end of its context. Only where
 * the loop takes them; a copy is 5 MB with 90 million parameters and 134 MB with 7 billion. So many bytes for all sequences.
 */
const checkpointMemory = 2 ** 30;

/** A model in memory. Disposing of `llama` frees all of it. */
export interface ModelInMemory {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly vocabulary: Vocabulary;
  readonly sequences: readonly LlamaContextSequence[];
  readonly info: LoadedModel;
  readonly measurements: Measurements | undefined;
}

/** @throws EngineError */
export async function loadModel(
  library: typeof NodeLlamaCpp,
  { plan, planned, markers }: LoadRequest,
  log: (message: string) => void,
  onProgress: (fraction: number) => void,
): Promise<ModelInMemory> {
  const { vramShare = 1 } = plan;
  const errors: string[] = [];
  const places: string[] = [];
  const { llama, threads, passedOver } = await openLlama(library, plan, (level, message) => {
    if (level === "error") errors.push(message);
    if (level === "info" && tellsOfPlace(message)) places.push(message);
    if (level !== "info" || tellsOfPlace(message)) log(`${level}: ${message}`);
  });
  try {
    const vram = (await llama.getVramState()).total;
    // Also without a share: where a driver does not tell what is in use, the library then counts it itself.
    if (hasGpu(llama)) await llama.setVramCap((vram - llama.vramPaddingSize) * vramShare);
    // On the CPU, weights that are read are better than weights that are mapped: llama.cpp keeps most in an order of its own
    // and the mapped ones beside them, and a file that is cut short meanwhile ends the process. Only what hardly fits is
    // mapped, since the system can drop its pages.
    const useMmap = hasGpu(llama) || (await fileSize(plan.path)) > availableRam() / 2;
    const model = await llama.loadModel({
      modelPath: plan.path,
      gpuLayers: hasGpu(llama) ? await chooseLayers(llama, planned, plan) : 0,
      useMmap,
      onLoadProgress: onProgress,
    });
    // What llama.cpp logged is delivered by the event loop, and the library drops what comes while it estimates memory. The
    // first turn may begin behind the point at which the loop delivers.
    for (let i = 0; i < 2; i++) await setImmediate();
    const devices = listDevices(places, vram);
    const measurements = await openMeasurements(library, model, plan, devices, log);
    const context = await createContext(library, model, planned, plan, threads, useMmap);
    const checkpoints = { max: 8, interval: false, maxMemory: checkpointMemory / context.totalSequences } as const;
    const sequences = Array.from({ length: context.totalSequences }, () => context.getSequence({ checkpoints }));
    const warmRate = sequences[0] ? await warmUp(llama, sequences[0]) : 0;
    const vocabulary = new Vocabulary(model);
    const info: LoadedModel = {
      name: plainName(model.fileInfo.metadata.general.name ?? "") || path.basename(plan.path),
      path: plan.path,
      demonstration: isDemonstration(model),
      architecture: model.architecture,
      contextSize: context.contextSize,
      kvCache: library.GgmlType[context.kvCacheKeyType].toLowerCase() as KvCache,
      flashAttention: context.flashAttention !== false,
      sequences: sequences.length,
      // A GPU reads long pieces several times as fast as the short one.
      promptRate: measurements?.values.promptRate ?? warmRate,
      infill: canInfill(model),
      device: hasGpu(llama) ? backendNames[llama.gpu] : "CPU",
      gpuLayers: model.gpuLayers,
      layers: model.fileInsights.totalLayers,
      devices,
      passedOver,
      markers: markers.filter((marker) => vocabulary.markers.has(marker)),
    };
    return { llama, model, vocabulary, sequences, info, measurements };
  } catch (error) {
    const onGpu = hasGpu(llama);
    await llama.dispose();
    throw loadError(library, error, errors, onGpu);
  }
}

/** What was measured of this kind of model on this machine and these devices, if the plan has a file for it. */
async function openMeasurements(
  library: typeof NodeLlamaCpp,
  { architecture, fileInsights, gpuLayers, llama }: LlamaModel,
  { measurements: file, kvCache = "auto" }: LoadPlan,
  devices: readonly DeviceInfo[],
  log: (message: string) => void,
): Promise<Measurements | undefined> {
  if (file === undefined) return undefined;
  const { totalLayers, embeddingVectorSize, dominantTensorType, totalParameters } = fileInsights;
  const subject = [
    ...devices.map(({ name }) => name),
    llama.maxThreads,
    gpuLayers,
    architecture,
    totalLayers,
    embeddingVectorSize,
    totalParameters,
    dominantTensorType,
    kvCache,
    await library.getModuleVersion(),
  ];
  return Measurements.open(file, subject.join("|"), log);
}

function isDemonstration(model: LlamaModel): boolean {
  // The library's type does not have it.
  const { tags }: { readonly name?: string; readonly tags?: unknown } = model.fileInfo.metadata.general;
  return Array.isArray(tags) && tags.includes("demonstration");
}

/** Bytes of a model's files. */
async function fileSize(modelPath: string): Promise<number> {
  const files = await Promise.all(modelFiles(modelPath).map((file) => fs.stat(file)));
  return files.reduce((sum, { size }) => sum + size, 0);
}

const backendNames = { cuda: "CUDA", metal: "Metal", vulkan: "Vulkan" } as const;

/**
 * As many layers as fit beside the context of two sequences, unless the user said how many. The library puts fewer there
 * where it finds less memory.
 */
async function chooseLayers(llama: Llama, planned: PlannedModel, plan: LoadPlan) {
  const { gpuLayers, vramShare = 1 } = plan;
  if (gpuLayers !== undefined && vramShare === 1) return gpuLayers;
  const kvCache = roomyKvCache(plan.kvCache);
  const sequences = 2;
  const contextSize = Math.min(plan.contextSize, (await mostTokens(llama, planned, kvCache)) / sequences);
  const context = { contextSize, sequences, kvCache, flashAttention: true } as const;
  const fitting = planMemory(planned, context, await devicesOf(llama)).gpuLayers;
  return { max: Math.min(gpuLayers ?? fitting, fitting), fitContext: { contextSize: sequences * contextSize } };
}

/** The library says only that loading failed; llama.cpp says why, in the first error that it logs. */
function loadError(
  { InsufficientMemoryError }: typeof NodeLlamaCpp,
  error: unknown,
  logged: readonly string[],
  onGpu: boolean,
): EngineError {
  if (error instanceof EngineError) return error;
  const cause = logged[0]?.replace(/^\w+: (?:error loading model: )?/, "");
  const message = cause ?? (error instanceof Error ? error.message : String(error));
  if (error instanceof InsufficientMemoryError || /failed to allocate|unable to allocate/.test(message)) {
    return new EngineError("outOfMemory", message);
  }
  return new EngineError(onGpu ? "deviceFailed" : "loadFailed", message);
}
