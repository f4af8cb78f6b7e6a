// How much memory there is, and how many sequences get a context in it.

import { env } from "node:process";
import type { Llama } from "node-llama-cpp";

import { availableRam } from "../../../availableRam.ts";
import { EngineError } from "../../engine.ts";

/** Tokens: llama.cpp rounds a context to them. */
export const contextStep = 256;

/** Bytes, in the two places where a context may lie. */
export interface Memory {
  readonly ram: number;
  readonly gpu: number;
  /** No bytes, but the tokens of all sequences, where a GPU holds some. */
  readonly tokens: number;
}

/** What is free of both, whatever of it the weights in the main memory need. */
export async function freeMemory(llama: Llama): Promise<Omit<Memory, "tokens">> {
  if (llama.gpu === false) return { ram: availableRam(), gpu: 0 };
  const vram = await llama.getVramState();
  // Not every driver tells what is in use.
  const untaken = (llama.getVramCap() ?? vram.total) - (await llama.getLlamaMemoryUsage()).gpuVram;
  return { ram: availableRam(), gpu: Math.max(Math.min(vram.free - llama.vramPaddingSize, untaken), 0) };
}

/**
 * Bytes of the largest tensor that a GPU takes: for a larger one llama.cpp ends the process. The library does not tell the
 * driver's limit, maxStorageBufferRange. Vulkan promises 2^27, and the drivers of these cards have 2^32 - 1.
 */
export async function longestTensor(llama: Llama): Promise<number> {
  if (llama.gpu !== "vulkan") return Infinity;
  // llama.cpp reads it too.
  const forced = Number(env["GGML_VK_FORCE_MAX_BUFFER_SIZE"] ?? Infinity);
  const limits = (await llama.getGpuDeviceNames()).map((name) =>
    /nvidia|geforce|amd|radeon|intel/i.test(name) ? 2 ** 32 - 1 : 2 ** 27,
  );
  return Math.min(forced, ...limits);
}

/**
 * What is tried, and the share of the free memory that it may take. A chat and the file that is written in need a sequence
 * each. Up to two more are for the chats and files of a moment ago, and for chats that are answered at once.
 */
const budgets = [
  { count: 16, share: 1 / 16 },
  { count: 12, share: 1 / 16 },
  { count: 8, share: 1 / 16 },
  { count: 6, share: 1 / 16 },
  { count: 4, share: 1 / 4 },
  { count: 3, share: 1 / 4 },
  { count: 2, share: 1 },
] as const;

/**
 * How many sequences to make. One has to do where the memory is short.
 * @param needs the memory of a context of so many sequences, and tokens of each
 * @param weights bytes in main memory that are pages of the file: the system counts them as free for others, and the speed
 * depends on their staying
 * @param most more of them are not tried
 * @throws EngineError `outOfMemory` with the largest context that fits
 */
export async function countSequences(
  contextSize: number,
  needs: (sequences: number, contextSize: number) => Promise<Memory>,
  free: Memory,
  weights: number,
  most: number,
): Promise<number> {
  for (const { count, share } of budgets) {
    if (count > most) continue;
    const need = await needs(count, contextSize);
    const part = { ram: (free.ram - weights) * share, gpu: free.gpu * share, tokens: free.tokens };
    if (fits(need, part)) return count;
  }
  const need = await needs(1, contextSize);
  if (fits(need, free)) return 1;
  const largest = await largestContext(contextSize, (tokens) => needs(1, tokens), free);
  const [needed, there] =
    need.tokens > free.tokens
      ? ["larger pieces than the GPU's driver gives", `it gives enough for ${free.tokens}`]
      : [describe(need), `there is ${describe(free)}`];
  const message = `a context of ${contextSize} tokens needs ${needed}, and ${there}; ${largest} tokens fit`;
  throw new EngineError("outOfMemory", message, { fits: largest });
}

function fits(need: Memory, free: Memory): boolean {
  return need.ram <= free.ram && need.gpu <= free.gpu && need.tokens <= free.tokens;
}

/** Tokens, in steps of those that llama.cpp rounds to; 0 where none fit. */
async function largestContext(
  contextSize: number,
  needs: (contextSize: number) => Promise<Memory>,
  free: Memory,
): Promise<number> {
  let [most, tooMany] = [0, Math.ceil(contextSize / contextStep)];
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(await needs(middle * contextStep), free)) most = middle;
    else tooMany = middle;
  }
  return most * contextStep;
}

function describe({ ram, gpu }: Memory): string {
  return gpu > 0 ? `${megabytes(ram)} and ${megabytes(gpu)} on the GPU` : megabytes(ram);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
