// How much memory there is, and how many sequences get a context in it.

import { totalmem } from "node:os";
import { availableMemory, platform } from "node:process";
import type { Llama } from "node-llama-cpp";

import { EngineError } from "../../engine.ts";

/** Bytes, in the two places where a context may lie. */
export interface Memory {
  readonly ram: number;
  readonly gpu: number;
}

/** What is free of both, whatever of it the weights in the main memory need. */
export async function freeMemory(llama: Llama): Promise<Memory> {
  if (llama.gpu === false) return { ram: availableRam(), gpu: 0 };
  const vram = await llama.getVramState();
  // Not every driver tells what is in use.
  const untaken = (llama.getVramCap() ?? vram.total) - (await llama.getLlamaMemoryUsage()).gpuVram;
  return { ram: availableRam(), gpu: Math.max(Math.min(vram.free - llama.vramPaddingSize, untaken), 0) };
}

/** Bytes of main memory that are to be had. */
export function availableRam(): number {
  // macOS calls free only what no page was ever in; its caches give way like those of others.
  return platform === "darwin" ? Math.max(availableMemory(), totalmem() / 2) : availableMemory();
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
 * @param needs the memory of a context with so many sequences
 * @param weights bytes in main memory that are pages of the file: the system counts them as free for others, and the speed
 * depends on their staying
 * @param most where a step of several sequences takes as long as their steps one by one, more of them gain nothing
 * @throws EngineError `outOfMemory`
 */
export async function countSequences(
  needs: (sequences: number) => Promise<Memory>,
  free: Memory,
  weights: number,
  most: number,
): Promise<number> {
  for (const { count, share } of budgets) {
    if (count > most) continue;
    const need = await needs(count);
    if (need.ram <= (free.ram - weights) * share && need.gpu <= free.gpu * share) return count;
  }
  const need = await needs(1);
  if (need.ram > free.ram || need.gpu > free.gpu) {
    throw new EngineError("outOfMemory", `the context needs ${describe(need)}, and there is ${describe(free)}`);
  }
  return 1;
}

function describe({ ram, gpu }: Memory): string {
  const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
  return gpu > 0 ? `${megabytes(ram)} and ${megabytes(gpu)} on the GPU` : megabytes(ram);
}
