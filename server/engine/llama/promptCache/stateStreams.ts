// Reads a saved state into a context of another number of sequences, which depends on the memory that is free at the load.
// llama.cpp gives each sequence a stream of the KV cache. A saved sequence names the number of streams and what each holds of
// it, which is nothing for all but one; llama.cpp refuses it where the number is another one.

import { createReadStream } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";

import type { LlamaContextSequence } from "node-llama-cpp";

import { headerSize } from "./stateFile.ts";

/** Of each cell: its position, the number of its sequences, which is one, and the sequence. */
const cellSize = 12;
/** Of each layer, before its keys and before its values: the type, and the sizes of a row. */
const layerHeaderSize = 12;

/** Where the parts of a state are in its file, in bytes. */
interface Streams {
  readonly count: number;
  /** Where the count is. */
  readonly start: number;
  /** What the one stream holds. */
  readonly held: { readonly start: number; readonly end: number };
  /** Where the state of recurrent layers begins, if there are any. */
  readonly end: number;
}

/** Fills a sequence with a state; where the number of streams differs, by way of a temporary copy. */
export async function loadState(sequence: LlamaContextSequence, file: string, copy: string): Promise<void> {
  try {
    const isCopied = await copyForSequences(file, sequence, copy);
    await sequence.loadStateFromFile(isCopied ? copy : file, { acceptRisk: true });
  } finally {
    await fs.rm(copy, { force: true });
  }
}

/** Writes a copy of a state that a sequence's context can read. False where it can read the state itself. */
export async function copyForSequences(
  file: string,
  { model, context: { totalSequences: sequences } }: LlamaContextSequence,
  copy: string,
): Promise<boolean> {
  // A recurrent state is no KV cache, and has no streams.
  if (model.fileInsights.isRecurrent) return false;
  const { count, start, held, end } = await withFile(file, findStreams);
  if (count === sequences) return false;
  // One handle for all parts: a file that the user deletes meanwhile does not come back with its rest.
  const written = await fs.open(copy, "wx", 0o600);
  try {
    const copyPart = (from: number, to: number) =>
      written.appendFile(createReadStream(file, { start: from, end: to - 1, highWaterMark: 2 ** 20 }));
    await copyPart(0, start);
    await written.appendFile(Uint32Array.of(sequences));
    await copyPart(held.start, held.end);
    // The other streams hold no cell.
    await written.appendFile(new Uint32Array(sequences - 1));
    await copyPart(end, Infinity);
  } finally {
    await written.close();
  }
  return true;
}

async function findStreams(file: FileHandle): Promise<Streams> {
  const start = headerSize + 4 * (await readNumber(file, 8));
  const count = await readNumber(file, start);
  let held: Streams["held"] | undefined;
  let end = start + 4;
  for (let stream = 0; stream < count; stream++) {
    const cells = await readNumber(file, end);
    const next = cells === 0 ? end + 4 : await endOfCells(file, end + 4, cells);
    if (cells > 0) held = { start: end, end: next };
    end = next;
  }
  if (!held) throw new Error("it has no stream that is filled");
  return { count, start, held, end };
}

/** Where the keys and values of so many cells end that begin at `start`. */
async function endOfCells(file: FileHandle, start: number, cells: number): Promise<number> {
  let position = start + cells * cellSize;
  const isTransposed = (await readNumber(file, position)) === 1;
  const layers = await readNumber(file, position + 4);
  position += 8;
  for (let layer = 0; layer < layers; layer++) position += layerHeaderSize + cells * (await rowSize(file, position));
  for (let layer = 0; layer < layers; layer++) {
    const size = isTransposed
      ? (await readNumber(file, position + 4)) * (await readNumber(file, position + 8))
      : await rowSize(file, position);
    position += layerHeaderSize + cells * size;
  }
  return position;
}

/** The bytes of a cell's row, in 64 bits behind the type of its numbers. */
async function rowSize(file: FileHandle, layer: number): Promise<number> {
  return (await readNumber(file, layer + 4)) + 2 ** 32 * (await readNumber(file, layer + 8));
}

/** A number of 32 bits. */
async function readNumber(file: FileHandle, position: number): Promise<number> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4), position });
  if (bytesRead < 4) throw new Error("it ends too early");
  return buffer.readUInt32LE();
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await fs.open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
