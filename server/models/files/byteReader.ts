// Reads a file of little-endian values from its beginning, in large pieces.

import fs from "node:fs";

/** A file that is not what is needed of it; the message says what was met where, as the end of a sentence. */
export class GgufError extends Error {
  override readonly name = "GgufError";
}

/** Bytes of a string that are read; what is longer, as chat templates may be, is passed over. */
const keptBytes = 1024;
const pieceBytes = 2 ** 20;

export class ByteReader {
  readonly #file: number;
  /** Bytes of the whole file. */
  readonly size: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Place of the next byte, in the buffer. */
  #at = 0;
  /** Place of the buffer, in the file. */
  #base = 0;

  constructor(file: number) {
    this.#file = file;
    this.size = fs.fstatSync(file).size;
  }

  /** Place of the next byte, in the file. */
  get position(): number {
    return this.#base + this.#at;
  }

  /** The next bytes. `what` names them when the file ends before. */
  take(count: number, what: string): Buffer {
    if (this.#at + count > this.#buffer.length) this.#fill(count, what);
    const bytes = this.#buffer.subarray(this.#at, this.#at + count);
    this.#at += count;
    return bytes;
  }

  skip(count: number, what: string): void {
    if (this.position + count > this.size) throw this.#ended(what);
    this.#at += count;
  }

  u32(what: string): number {
    return this.take(4, what).readUInt32LE();
  }

  /** A 64-bit count or offset, of at most `most`. */
  u64(what: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.take(8, what).readBigUInt64LE();
    if (value > BigInt(most)) throw new GgufError(`${what} is ${value}`);
    return Number(value);
  }

  /** The first kilobyte of a string, and no more than llama.cpp reads, for which a zero byte is the end. */
  string(what: string): string {
    const length = this.#stringLength(what);
    const kept = Math.min(length, keptBytes);
    const bytes = this.take(kept, what);
    this.skip(length - kept, what);
    const end = bytes.indexOf(0);
    return bytes.toString("utf8", 0, end < 0 ? kept : end);
  }

  skipString(what: string): void {
    this.skip(this.#stringLength(what), what);
  }

  /** A string of at most `most` bytes, each as one character. */
  bytes(what: string, most: number): string {
    return this.take(this.u64(`the length of ${what}`, most), what).toString("latin1");
  }

  #stringLength(what: string): number {
    return this.u64(`the length of ${what}`, this.size);
  }

  #fill(count: number, what: string): void {
    this.#base = this.position;
    this.#at = 0;
    if (this.#base + count > this.size) throw this.#ended(what);
    const buffer = Buffer.allocUnsafe(Math.max(count, pieceBytes));
    const read = fs.readSync(this.#file, buffer, 0, buffer.length, this.#base);
    if (read < count) throw this.#ended(what);
    this.#buffer = buffer.subarray(0, read);
  }

  #ended(what: string): GgufError {
    return new GgufError(`it ends at byte ${this.size}, inside ${what}`);
  }
}
