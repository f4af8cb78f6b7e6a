// What the processors and a process were doing, by the operating system's own account.

import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Above this share of the processors, other work spoils the figures. */
export const quiet = 0.1;
/** llama-server evaluates 2,048 tokens to their end when a request is aborted, which takes a 1B model 40 s on two cores. */
const longestWait = 180_000;

/**
 * Waits until other work is done, for three minutes at the most, and gives the share of all processors, 0 to 1, that was at
 * work in the last second.
 */
export async function untilQuiet(): Promise<number> {
  const end = performance.now() + longestWait;
  let busy = await busyShare();
  while (busy > quiet && performance.now() < end) busy = await busyShare();
  return busy;
}

/** During the next second. Our engine is idle then, so this is other work, or what llama-server goes on with. */
async function busyShare(): Promise<number> {
  const before = processorTimes();
  await sleep(1000);
  const after = processorTimes();
  const idle = after.idle - before.idle;
  return 1 - idle / Math.max(after.all - before.all, 1);
}

function processorTimes(): { idle: number; all: number } {
  const all = cpus().map(({ times }) => times);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return { idle: sum(all.map(({ idle }) => idle)), all: sum(all.flatMap((times) => Object.values(times))) };
}

/** Seconds of processor time that a process has taken so far; undefined elsewhere than on Linux. */
export function processorSeconds(pid: number): number | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  // After the name, which may hold spaces; user and system time are the 12th and 13th then, in hundredths.
  const fields = readFileSync(file, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Bytes of a process that are in memory, with what it shares; undefined elsewhere than on Linux. */
export function residentBytes(pid: number): number | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(file, "utf8"))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
