// Chooses the backend and the number of threads.

import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama } from "node-llama-cpp";

import type { ServerSettings } from "../../../src/shared/protocol.ts";
import { EngineError } from "../engine.ts";

/**
 * Opens the backend that the settings ask for; never builds one from source.
 * @throws EngineError `noBackend`
 */
export async function openLlama(
  { getLlama, LlamaLogLevel }: typeof NodeLlamaCpp,
  { gpu, threads }: ServerSettings["model"],
  log: (level: string, message: string) => void,
): Promise<{ llama: Llama; threads: number }> {
  const open = async (backend: "auto" | "metal" | "vulkan" | false): Promise<Llama> => {
    try {
      return await getLlama({
        gpu: backend,
        build: "never",
        logLevel: LlamaLogLevel.warn,
        logger: (level, message) => log(level, message.trimEnd()),
      });
    } catch (error) {
      // The library's own error has no message.
      throw new EngineError("noBackend", error instanceof Error && error.message !== "" ? error.message : gpu);
    }
  };
  let llama = await open(gpu === "off" ? false : gpu);
  if (gpu === "auto" && llama.gpu !== false && !llama.supportsGpuOffloading) {
    // A software Vulkan counts as a GPU to the library, and would leave the threads unbounded.
    await llama.dispose();
    llama = await open(false);
  }
  const evaluationThreads = threads > 0 ? threads : defaultThreads(llama.cpuMathCores);
  llama.maxThreads = evaluationThreads;
  return { llama, threads: evaluationThreads };
}

/** All physical cores, but one for the editor where there are enough: more threads than cores cost most of the speed. */
function defaultThreads(cores: number): number {
  return cores >= 4 ? cores - 1 : Math.max(1, cores);
}
