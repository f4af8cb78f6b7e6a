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

/**
 * Fails when four times the length takes nine times as long or longer. Processor time, and the least of three, so that
 * other programs do not count.
 */
export function assertGrowsWithLength(name: string, work: (length: number) => void, length = 50_000): void {
  const time = (factor: number) => Math.min(...[1, 2, 3].map(() => processorTime(() => work(factor * length))));
  const short = time(1);
  const long = time(4);
  assert.ok(long < 9 * Math.max(short, shortest), `${name}: ${short} ms, then ${long} ms for four times as much`);
}

function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
