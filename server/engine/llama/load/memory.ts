// How much memory there is, and how many sequences get a context in it.

import { env } from "node:process";
import type { Llama } from "node-llama-cpp";

import { availableRam } from "../../../availableRam.ts";
import { EngineError } from "../../engine.ts";
import { contextStep } from "../../plan/buffers.ts";
import { fillableRam, type PlannedDevice } from "../../plan/memoryPlan.ts";
import { hasGpu } from "./device.ts";

/** Bytes, in the two places where a context may lie. */
export interface Memory {
  readonly ram: number;
  readonly gpu: number;
}

/** A way to store a context. */
export interface Storage {
  /** What a context of so many sequences needs, and tokens of each; its tokens in all are counted where a GPU holds some. */
  readonly needs: (sequences: number, contextSize: number) => Need;
  /** So many tokens in all a GPU can address. */
  readonly tokens: number;
}

type Need = Memory & { readonly tokens: number };

/** What a context may have of both, whatever of it the weights in the main memory need. */
export async function freeMemory(llama: Llama): Promise<Memory> {
  const ram = availableRam() * fillableRam;
  if (!hasGpu(llama)) return { ram, gpu: 0 };
  const vram = await llama.getVramState();
  // Not every driver tells what is in use.
  const untaken = (llama.getVramCap() ?? vram.total) - (await llama.getLlamaMemoryUsage()).gpuVram;
  return { ram, gpu: Math.max(Math.min(vram.free - llama.vramPaddingSize, untaken), 0) };
}

/** The devices, the GPUs with like parts of what is free of all: more the library does not tell. */
export async function devicesOf(llama: Llama): Promise<readonly PlannedDevice[]> {
  const { ram, gpu } = await freeMemory(llama);
  const cpu = { kind: "cpu", name: "CPU", free: ram } as const;
  if (!hasGpu(llama)) return [cpu];
  const names = await llama.getGpuDeviceNames();
  const limits = { longestTensor: await longestTensor(llama), free: gpu / names.length };
  return [...names.map((name) => ({ kind: "gpu", name, ...limits }) as const), cpu];
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

interface Budget {
  /** Sequences. */
  readonly count: number;
  /** What they may take of the free memory. */
  readonly share: number;
}

/**
 * What is tried, in turn. A chat and the file that is written in need a sequence each. More are for the chats and files of a
 * moment ago, and for chats that are answered at once. One has to do where the memory is short.
 */
const comfortable: readonly Budget[] = [
  { count: 17, share: 1 / 16 },
  { count: 12, share: 1 / 16 },
  { count: 8, share: 1 / 16 },
  { count: 6, share: 1 / 16 },
  { count: 4, share: 1 / 4 },
  { count: 3, share: 1 / 4 },
  { count: 2, share: 1 / 2 },
];
const filling: readonly Budget[] = [{ count: 2, share: 1 }];
const scarce: readonly Budget[] = [{ count: 1, share: 1 }];

/**
 * Which way to store a context, and for how many sequences. What fills the memory is taken only where no way of its group leaves
 * half of it.
 * @param groups of ways; a later one is for where none of those before fits
 * @param weights bytes in main memory that are pages of the file: the system counts them as free for others, and the speed
 * depends on their staying
 * @param most more sequences are not tried
 * @throws EngineError `outOfMemory` with the largest context that surely fits
 */
export function fitContext<S extends Storage>(
  contextSize: number,
  groups: readonly (readonly S[])[],
  free: Memory,
  weights: number,
  most: number,
): { readonly storage: S; readonly sequences: number } {
  for (const storages of groups) {
    for (const budgets of [comfortable, filling, scarce]) {
      for (const storage of storages) {
        for (const { count, share } of budgets) {
          const ram = count > 1 ? free.ram - weights : free.ram;
          if (count > most || !fits(storage.needs(count, contextSize), partOf({ ...free, ram }, share), storage))
            continue;
          return { storage, sequences: count };
        }
      }
    }
  }
  throw refusal(contextSize, groups.flat().at(-1), free);
}

/** The part of the free memory that a smaller context is proposed for: until it is made, less may be free. */
const proposedShare = 3 / 4;

function refusal(contextSize: number, storage: Storage | undefined, free: Memory): EngineError {
  if (!storage) return new EngineError("loadFailed", "there is no way to store the context");
  const need = storage.needs(1, contextSize);
  const largest = largestContext(contextSize, storage, partOf(free, proposedShare));
  const [needed, there] =
    need.tokens > storage.tokens
      ? ["larger pieces than the GPU's driver gives", `it gives enough for ${storage.tokens}`]
      : [describe(need), `there is ${describe(free)}`];
  const message = `a context of ${contextSize} tokens needs ${needed}, and ${there}; ${largest} tokens fit`;
  return new EngineError("outOfMemory", message, { fits: largest });
}

function partOf({ ram, gpu }: Memory, share: number): Memory {
  return { ram: ram * share, gpu: gpu * share };
}

function fits(need: Need, free: Memory, { tokens }: Storage): boolean {
  return need.ram <= free.ram && need.gpu <= free.gpu && need.tokens <= tokens;
}

/** Tokens, in steps of those that llama.cpp rounds to; 0 where none fit. */
function largestContext(contextSize: number, storage: Storage, free: Memory): number {
  let [most, tooMany] = [0, Math.ceil(contextSize / contextStep)];
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(storage.needs(1, middle * contextStep), free, storage)) most = middle;
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
