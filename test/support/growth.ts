// Whether work grows with the length of a text, or with its square.

import assert from "node:assert/strict";

/** Milliseconds of processor time below which two measurements tell nothing. */
const shortest = 30;

/** Texts that regular expressions and loops are slow on, each by what it repeats. */
export const repetitions = [
  " ",
  "\t",
  "\n",
  "`",
  "` ",
  "*",
  "_",
  "[",
  "(",
  '"',
  "a",
  "a ",
  "ab\n",
  "  a\n",
  "```\n",
  "<",
  "7",
];

/** A text of a length that repeats an ASCII piece, in one block of memory. */
export function repeated(piece: string, length: number): string {
  return Buffer.alloc(length, piece, "latin1").toString("latin1");
}

/**
 * Fails when four times the length takes nine times as long or longer. The thread's own time, and the least of three, so
 * that nothing else counts.
 */
export function assertGrowsWithLength(name: string, work: (length: number) => void, length = 25_000): void {
  const time = (factor: number) => Math.min(...[1, 2, 3].map(() => processorTime(() => work(factor * length))));
  assertRatio(name, time(1), time(4));
}

/** The same of work that waits. Nothing else may go on meanwhile. */
export async function assertWaitingGrowsWithLength(
  name: string,
  work: (length: number) => Promise<unknown>,
  length = 25_000,
): Promise<void> {
  const time = async (factor: number) => {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = process.threadCpuUsage();
      await work(factor * length);
      times.push(process.threadCpuUsage(before).user / 1000);
    }
    return Math.min(...times);
  };
  assertRatio(name, await time(1), await time(4));
}

function assertRatio(name: string, short: number, long: number): void {
  assert.ok(long < 9 * Math.max(short, shortest), `${name}: ${short} ms, then ${long} ms for four times as much`);
}

function processorTime(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  return process.threadCpuUsage(before).user / 1000;
}
