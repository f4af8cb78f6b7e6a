// A saved state as a file: what llama.cpp writes of a sequence, and behind it a checksum by which damage is found.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import type { Token } from "node-llama-cpp";

/** Bytes of a checksum: SHA-256 of the identity and the state. llama.cpp reads what it wrote, and nothing behind it. */
const checksumSize = 32;
const piece = 2 ** 20;

/**
 * Appends the checksum to a state that was just written.
 * @param identity of everything that the state depends on; always of one length
 * @param length bytes that the state should have: the end of it may be lost without an error when the disk is full
 */
export async function appendChecksum(file: string, identity: string, length: number): Promise<void> {
  const { size } = await fs.stat(file);
  if (size !== length) throw new Error(`${size} of ${length} bytes were written`);
  const checksum = await computeChecksum(file, identity, length);
  // Opened for reading too, which makes no new file where the user has deleted this one.
  const opened = await fs.open(file, "r+");
  try {
    await opened.write(checksum, 0, checksumSize, length);
  } finally {
    await opened.close();
  }
}

/** Whether the file is, to the last bit, what was written for this identity. */
export async function hasValidChecksum(file: string, identity: string): Promise<boolean> {
  const opened = await fs.open(file);
  try {
    const length = (await opened.stat()).size - checksumSize;
    if (length <= 0) return false;
    const { buffer } = await opened.read({ buffer: Buffer.alloc(checksumSize), position: length });
    return buffer.equals(await computeChecksum(file, identity, length));
  } finally {
    await opened.close();
  }
}

/** In pieces, so that the process can do other things meanwhile. */
async function computeChecksum(file: string, identity: string, length: number): Promise<Buffer> {
  const hash = createHash("sha256").update(identity);
  for await (const bytes of createReadStream(file, { end: length - 1, highWaterMark: piece }))
    hash.update(bytes as Buffer);
  return hash.digest();
}

/** What a state of llama.cpp begins with: LLAMA_STATE_SEQ_MAGIC and LLAMA_STATE_SEQ_VERSION of its llama.h. */
const magic = 0x67677371;
const version = 3;
export const headerSize = 12;

/**
 * The tokens that a state holds, from llama.cpp's format: magic, version, number of tokens, tokens, each in 32 bits. None
 * where the file is no such state.
 */
export async function readTokens(file: string): Promise<Token[]> {
  const opened = await fs.open(file);
  try {
    const { size } = await opened.stat();
    if (size < headerSize) return [];
    const { buffer: header } = await opened.read({ buffer: Buffer.alloc(headerSize), position: 0 });
    const count = header.readUInt32LE(8);
    if (header.readUInt32LE(0) !== magic || header.readUInt32LE(4) !== version) return [];
    if (count > (size - headerSize) / 4) return [];
    const { buffer } = await opened.read({ buffer: Buffer.alloc(count * 4), position: headerSize });
    return Array.from({ length: count }, (_, i) => buffer.readInt32LE(i * 4) as Token);
  } finally {
    await opened.close();
  }
}
