// How many tokens a model writes in a second: for each it reads all weights and what it keeps of the text, once.

import type { DeviceMemory, MemoryPlan } from "../../../src/shared/models.ts";
import type { PlannedModel } from "../../engine/plan/shape.ts";

/** Bytes that a device reads in a second; undefined where nobody measured it. */
export type Bandwidth = (device: Pick<DeviceMemory, "kind" | "name">) => number | undefined;

/** A text fills a part of its context. */
const usualFill = 1 / 4;

export function tokensPerSecond(
  { weights }: PlannedModel,
  { devices }: MemoryPlan,
  sequences: number,
  bandwidth: Bandwidth,
): number | undefined {
  let seconds = 0;
  for (const device of devices) {
    const bytes = readBytes(device, weights.output === undefined ? 0 : weights.embedding, sequences);
    const rate = bandwidth(device);
    if (bytes > 0 && rate === undefined) return undefined;
    seconds += bytes / (rate ?? Infinity);
  }
  return 1 / seconds;
}

/**
 * Bytes that a device reads for one token.
 * @param unread of the weights on the CPU: an embedding that serves for nothing else is looked up, not read
 */
function readBytes(device: DeviceMemory, unread: number, sequences: number): number {
  const weights = device.weights - (device.kind === "cpu" ? Math.min(unread, device.weights) : 0);
  return weights + (device.kvCache * usualFill + device.state) / sequences;
}
