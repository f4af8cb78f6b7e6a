// How fast this machine reads its main memory: what bounds the tokens that a processor writes in a second.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Larger than the caches of a processor. */
const bytes = 64e6;
/** Milliseconds. */
const duration = 60;
/** Beside other programs a measurement is too low, never too high. */
const attempts = 3;

/** Searches for a byte that is not there, which the C library does as fast as the memory gives. */
const reader = `
  const { parentPort, workerData } = require("node:worker_threads");
  const memory = Buffer.alloc(workerData.bytes, 1);
  memory.indexOf(0);
  const rates = [];
  for (let i = 0; i < workerData.attempts; i++) {
    const start = performance.now();
    let read = 0;
    while (performance.now() - start < workerData.duration) {
      memory.indexOf(0);
      read += memory.length;
    }
    rates.push(read / (performance.now() - start));
  }
  parentPort.postMessage(Math.max(...rates) * 1000);
`;

/** Bytes in a second, of all cores together. */
export async function measureBandwidth(): Promise<number> {
  // More cores than a few do not read faster.
  const cores = Math.min(availableParallelism(), 4);
  const rates = await Promise.all(Array.from({ length: cores }, readOnce));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

async function readOnce(): Promise<number> {
  const worker = new Worker(reader, { eval: true, workerData: { bytes, duration, attempts } });
  try {
    return await new Promise<number>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}
