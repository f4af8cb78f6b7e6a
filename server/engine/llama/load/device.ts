// Chooses the backend and the number of threads.

import { existsSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import path from "node:path";
import { platform } from "node:process";
import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama } from "node-llama-cpp";

import type { DeviceInfo } from "../../../../src/shared/status.ts";
import { availableRam } from "../../../availableRam.ts";
import { type Backend, EngineError, type LoadPlan, type PassedOver } from "../../engine.ts";
import { useDownloadedCuda } from "./downloadedCuda.ts";

export interface OpenedLlama {
  readonly llama: Llama;
  readonly threads: number;
  /** Backends that were wanted more than this one. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * Opens the first backend that works, of those that the plan asks for and the CPU last; never builds one from source.
 * @throws EngineError `noBackend` when there is not even the CPU's
 */
export async function openLlama(
  library: typeof NodeLlamaCpp,
  { gpu, threads, cudaFolder }: LoadPlan,
  log: (level: string, message: string) => void,
): Promise<OpenedLlama> {
  const passedOver: PassedOver[] = [];
  for (const backend of backendsToTry(gpu, platform)) {
    const opened = (await obstacleTo(backend, library, cudaFolder)) ?? (await openBackend(library, backend, log));
    const llama =
      opened !== "noBinary" && typeof opened === "string" && missesLibraries(backend) ? "noLibraries" : opened;
    if (typeof llama === "string") passedOver.push({ backend, cause: llama });
    else return { llama, threads: limitThreads(llama, threads), passedOver };
  }
  const llama = await openBackend(library, false, log);
  if (typeof llama === "string") throw new EngineError("noBackend", "CPU");
  return { llama, threads: limitThreads(llama, threads), passedOver };
}

/** Vulkan serves the cards that CUDA does. */
export function backendsToTry(gpu: LoadPlan["gpu"], platform: NodeJS.Platform): readonly Backend[] {
  if (gpu === "off") return [];
  if (gpu === "auto") return [platform === "darwin" ? "metal" : "vulkan"];
  return gpu === "cuda" ? ["cuda", "vulkan"] : [gpu];
}

/** What is known before a backend is opened. */
async function obstacleTo(
  backend: Backend,
  library: typeof NodeLlamaCpp,
  cudaFolder: string | undefined,
): Promise<PassedOver["cause"] | undefined> {
  if (backend === "cuda") {
    // Whether it has its libraries shows when it is opened: node-llama-cpp does not look wherever the system's loader does.
    const isThere = cudaFolder === undefined || useDownloadedCuda(cudaFolder, await library.getModuleVersion());
    return isThere ? undefined : "notDownloaded";
  }
  return (await library.getLlamaGpuTypes("supported")).includes(backend) ? undefined : "noDriver";
}

/**
 * Whether the machine has an NVIDIA GPU with its driver: that serves Vulkan, but only beside libraries that a machine without
 * a screen often lacks, and it does not say so.
 * @param root of the file system
 */
export function missesLibraries(backend: Backend, root = "/"): boolean {
  return (
    backend === "vulkan" &&
    ["proc/driver/nvidia/version", "dev/nvidia0"].some((file) => existsSync(path.join(root, file)))
  );
}

async function openBackend(
  { getLlama, NoBinaryFoundError, LlamaLogLevel }: typeof NodeLlamaCpp,
  backend: Backend | false,
  log: (level: string, message: string) => void,
): Promise<Llama | PassedOver["cause"]> {
  let llama: Llama;
  try {
    llama = await getLlama({
      gpu: backend,
      build: "never",
      logLevel: LlamaLogLevel.info,
      logger: (level, message) => log(level, message.trimEnd()),
    });
  } catch (error) {
    if (error instanceof NoBinaryFoundError) return "noBinary";
    throw error;
  }
  if (backend === false || (llama.gpu === backend && hasGpu(llama))) return llama;
  // A driver without a device opens all the same, and would leave the threads unbounded.
  await llama.dispose();
  return "noDevice";
}

/**
 * Whether layers can be on a GPU. The name of the library's backend does not tell: in a package the CPU's binary shares
 * llama.cpp's libraries with Vulkan's, and once that is in the process, it takes its name, also where there is no device.
 */
export function hasGpu(llama: Llama): llama is Llama & { readonly gpu: Backend } {
  return llama.gpu !== false && llama.supportsGpuOffloading;
}

/** More threads than cores cost most of the speed, and so do the two threads of one core. */
function limitThreads(llama: Llama, wanted: number): number {
  // The first counts physical cores of the machine; the second what a container or the system grants.
  const threads = wanted > 0 ? wanted : defaultThreads(Math.min(llama.cpuMathCores, availableParallelism()));
  llama.maxThreads = threads;
  return threads;
}

/** All cores, but one for the editor where there are enough. */
export function defaultThreads(cores: number): number {
  return cores >= 4 ? cores - 1 : Math.max(1, cores);
}

/**
 * The devices that a model was loaded onto, from what llama.cpp logs of them, and the CPU.
 * @param gpuTotal bytes of all GPUs together, which is all that the library tells
 */
export function listDevices(logged: readonly string[], gpuTotal: number): DeviceInfo[] {
  const gpus = logged.flatMap((line) => {
    const [, name = "", free] = /using device \S+ \((.+)\) \(.*\) - (\d+) MiB free/.exec(line) ?? [];
    return free === undefined ? [] : [{ name, free: Number(free) * 2 ** 20 }];
  });
  const alike = new Set(gpus.map(({ name }) => name)).size === 1;
  return [
    ...gpus.map((gpu) => ({ kind: "gpu" as const, ...gpu, ...(alike && { total: gpuTotal / gpus.length }) })),
    { kind: "cpu", name: cpus()[0]?.model.trim() ?? "CPU", total: totalmem(), free: availableRam() },
  ];
}

/** Whether a line of llama.cpp's log tells where a model's layers and context are. */
export function tellsOfPlace(line: string): boolean {
  return /using device|offloaded|buffer size/.test(line);
}
