// Reads little-endian values of a file, or of what is there of its beginning, in large pieces.

import fs from "node:fs";

/** A file that is not what is needed of it; the message says what was met where, as the end of a sentence. */
export class GgufError extends Error {
  override readonly name = "GgufError";
}

/** What is there of a file ends before what is read of it. */
export class MissingBytes extends GgufError {}

/** The beginning of a file that is elsewhere, and how many bytes the whole file has. */
export interface Beginning {
  readonly bytes: Buffer;
  readonly size: number;
}

/** Bytes of a string that are read; what is longer, as chat templates may be, is passed over. */
const keptBytes = 1024;
const pieceBytes = 2 ** 20;

export class ByteReader {
  readonly #source: number | Beginning;
  /** Bytes of the whole file. */
  readonly size: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Place of the next byte, in the buffer. */
  #at = 0;
  /** Place of the buffer, in the file. */
  #base = 0;

  /** @param source a file descriptor, or a beginning */
  constructor(source: number | Beginning) {
    this.#source = source;
    this.size = typeof source === "number" ? fs.fstatSync(source).size : source.size;
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
    this.#buffer = this.#piece(Math.max(count, pieceBytes));
    if (this.#buffer.length >= count) return;
    throw typeof this.#source === "number" ? this.#ended(what) : new MissingBytes(what);
  }

  #piece(length: number): Buffer {
    if (typeof this.#source !== "number") return this.#source.bytes.subarray(this.#base, this.#base + length);
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, fs.readSync(this.#source, buffer, 0, length, this.#base));
  }

  #ended(what: string): GgufError {
    return new GgufError(`it ends at byte ${this.size}, inside ${what}`);
  }
}
