// What a model and its context need of each device, and how many of its layers go to the GPUs, before anything is loaded.

import type { DeviceMemory, Fit, MemoryPlan } from "../../../src/shared/models.ts";
import type { DeviceInfo } from "../../../src/shared/status.ts";
import { computeBytes, type ContextOptions, conversionBytes, inputBytes, kvCacheBytes, stateBytes } from "./buffers.ts";
import type { PlannedModel } from "./shape.ts";

export interface PlanOptions extends ContextOptions {
  /** Layers that GPUs run, the output among them; as many as fit unless given. */
  readonly gpuLayers?: number;
}

/** A device with the bytes that a model may fill, and those of the largest tensor that it takes: what is larger stays on the CPU. */
export type PlannedDevice = Pick<DeviceInfo, "kind" | "name" | "free"> & { readonly longestTensor?: number };

/**
 * The part of the free main memory that a model may fill. What is left is for the programs beside it, and for their growth.
 */
export const fillableRam = 7 / 8;

/** Node, the engine and its libraries, as measured with a model of no size. */
const processBytes = 120e6;
/** A token of the vocabulary, in the tables that it is looked up in. */
const tokenBytes = 800;

/** @param devices the GPUs, and the CPU last */
export function planMemory(model: PlannedModel, options: PlanOptions, devices: readonly PlannedDevice[]): MemoryPlan {
  const most = devices.length > 1 ? model.shape.layers + 1 : 0;
  const placed = (gpuLayers: number) => place(model, options, devices, gpuLayers);
  const fitsOnGpus = (layers: number) => placed(layers).slice(0, -1).every(isEnough);
  const gpuLayers = Math.min(options.gpuLayers ?? mostLayers(most, fitsOnGpus), most);
  const memory = placed(gpuLayers);
  return {
    fit: memory.every(isEnough) ? fitOf(gpuLayers, most) : "none",
    gpuLayers,
    layers: model.shape.layers + 1,
    devices: memory,
    total: sum(memory.map(neededOf)),
  };
}

/** As many layers as fit, `most` of them or fewer. */
function mostLayers(most: number, fit: (layers: number) => boolean): number {
  if (fit(most)) return most;
  let [some, tooMany] = [0, most];
  while (tooMany - some > 1) {
    const middle = Math.floor((some + tooMany) / 2);
    if (fit(middle)) some = middle;
    else tooMany = middle;
  }
  return some;
}

function fitOf(gpuLayers: number, most: number): Fit {
  if (gpuLayers === 0) return "cpu";
  return gpuLayers === most ? "gpu" : "partly";
}

/** Bytes of all that a model has on a device. */
export function neededOf({ weights, kvCache, state, compute, process }: DeviceMemory): number {
  return weights + kvCache + state + compute + process;
}

function isEnough(device: DeviceMemory): boolean {
  return neededOf(device) <= device.free;
}

/** The last layers go to the GPUs, the output after them: to each GPU as many as its part of the free memory. */
function place(
  model: PlannedModel,
  options: ContextOptions,
  devices: readonly PlannedDevice[],
  gpuLayers: number,
): readonly DeviceMemory[] {
  const { architecture, shape, weights } = model;
  const cpu = devices.length - 1;
  const deviceOf = layerPlacer(devices.slice(0, -1), shape.layers + 1 - gpuLayers, gpuLayers);
  const limitOf = (index: number) => devices[index]?.longestTensor ?? Infinity;
  const output = weights.output ?? weights.embedding;
  const outputPlace = deviceOf(shape.layers) ?? cpu;
  const outputDevice = output > limitOf(outputPlace) ? cpu : outputPlace;
  // The embedding stays in the main memory; a GPU that needs it for the output has a copy.
  const mainMemory = weights.embedding + (outputDevice === cpu ? (weights.output ?? 0) : 0);
  const layersOf = devices.map((_, index) => weights.layers.filter((_, layer) => (deviceOf(layer) ?? cpu) === index));
  const tensorsOf = layersOf.map((layers) => layers.flat());
  const takenOf = tensorsOf.map((tensors, index) => tensors.filter((bytes) => bytes <= limitOf(index)));
  const all = sum(tensorsOf.map(sum));
  const onGpus = sum(takenOf.slice(0, -1).map(sum));

  return devices.map(({ kind, name, free }, index) => {
    const own = layersOf[index] ?? [];
    const taken = takenOf[index] ?? [];
    const isCpu = index === cpu;
    const compute = computeBytes(architecture, shape, options, {
      attention: own.length > 0,
      // Its matrices are the largest.
      feedForward: own.some((tensors) => tensors.every((bytes) => bytes <= limitOf(index))),
      output: index === outputDevice,
    });
    const shared = {
      ...{ kind, name, free, layers: own.length },
      kvCache: own.length * kvCacheBytes(shape, options),
      state: own.length * stateBytes(shape, options),
    };
    if (isCpu) {
      return {
        ...shared,
        weights: all - onGpus + mainMemory,
        compute: gpuLayers > 0 ? Math.max(compute, inputBytes(shape, options)) : compute,
        process: processBytes + shape.vocabulary * tokenBytes + conversionBytes(shape, options),
      };
    }
    const isPart = (layersOf[cpu] ?? []).length > 0 && own.length > 0;
    return {
      ...shared,
      weights: sum(taken) + (index === outputDevice ? output : 0),
      // Long prompts of the other layers are computed here, too, with a copy of what they take.
      compute: compute + (isPart ? kvCacheBytes(shape, options) + Math.max(0, ...taken) : 0),
      process: 0,
    };
  });
}

/** Says which GPU a layer is on; undefined for the CPU. */
function layerPlacer(gpus: readonly PlannedDevice[], first: number, count: number) {
  const freeOfAll = sum(gpus.map(({ free }) => free));
  return (layer: number): number | undefined => {
    if (layer < first) return undefined;
    const ends = gpus.map((_, i) => sum(gpus.slice(0, i + 1).map(({ free }) => free)) / freeOfAll);
    const index = ends.findIndex((end) => end > (layer - first) / count);
    return index < 0 ? gpus.length - 1 : index;
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
