// Loads a model file onto the devices that there are, with a context for its requests.

import { totalmem } from "node:os";
import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama, LlamaContextSequence, LlamaModel } from "node-llama-cpp";

import { EngineError, type LoadedModel, type LoadRequest } from "../engine.ts";
import { batchSize } from "./decodeLoop.ts";
import { openLlama } from "./device.ts";
import { canInfill, markerToken } from "./tokenizePrompt.ts";

/**
 * Copies of a recurrent state, to go back to: a hybrid or recurrent model cannot drop the end of its context. Only where
 * the loop takes them; a copy is 5 MB with 90 million parameters and 134 MB with 7 billion.
 */
const checkpoints = { max: 8, interval: false, maxMemory: 512 * 2 ** 20 } as const;

/** A model in memory. Disposing of `llama` frees all of it. */
export interface ModelInMemory {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly sequences: readonly LlamaContextSequence[];
  readonly info: LoadedModel;
}

/** @throws EngineError */
export async function loadModel(
  library: typeof NodeLlamaCpp,
  { settings, markers }: LoadRequest,
  log: (message: string) => void,
  onProgress: (fraction: number) => void,
): Promise<ModelInMemory> {
  const errors: string[] = [];
  const { llama, threads } = await openLlama(library, settings, (level, message) => {
    log(`${level}: ${message}`);
    if (level === "error") errors.push(message);
  });
  try {
    const model = await llama.loadModel({
      modelPath: settings.path,
      gpuLayers: { fitContext: { contextSize: settings.contextSize } },
      onLoadProgress: onProgress,
    });
    const contextSize = Math.min(settings.contextSize, model.trainContextSize);
    const count = await sequenceCount(model, contextSize);
    const context = await model.createContext({ sequences: count, contextSize, threads, batchSize });
    const sequences = Array.from({ length: count }, () => context.getSequence({ checkpoints }));
    const info: LoadedModel = {
      name: model.fileInfo.metadata.general.name ?? settings.path,
      path: settings.path,
      architecture: model.architecture,
      contextSize,
      infill: canInfill(model),
      device: llama.gpu === false ? "CPU" : llama.gpu,
      gpuLayers: model.gpuLayers,
      markers: markers.filter((marker) => markerToken(model, marker) !== undefined),
    };
    return { llama, model, sequences, info };
  } catch (error) {
    await llama.dispose();
    throw loadError(library, error, errors);
  }
}

/** A chat and the file that is written in need one each; what memory allows is for the chats and files of a moment ago. */
async function sequenceCount(model: LlamaModel, contextSize: number): Promise<number> {
  const memoryOf = async (sequences: number) => {
    const options = { contextSize, modelGpuLayers: model.gpuLayers, batchSize, sequences };
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2(options);
    return cpuRam + gpuVram;
  };
  const each = (await memoryOf(2)) - (await memoryOf(1));
  return Math.min(Math.max(Math.floor(totalmem() / 16 / each), 2), 4);
}

/** The library says only that loading failed; llama.cpp says why, in the first error that it logs. */
function loadError({ InsufficientMemoryError }: typeof NodeLlamaCpp, error: unknown, logged: string[]): EngineError {
  const cause = logged[0]?.replace(/^\w+: (?:error loading model: )?/, "");
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError(error instanceof InsufficientMemoryError ? "outOfMemory" : "loadFailed", cause ?? message);
}
