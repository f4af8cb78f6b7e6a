// A file that is not whole yet: its bytes in NAME.part, and in NAME.part.json what they are a part of.

import { createHash, type Hash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";

import { syncFolder } from "../files/newFile.ts";

/** What the bytes of a part belong to: only bytes of the very same file may follow them. */
const partState = v.object({
  url: v.string(),
  size: v.exactOptional(v.number()),
  sha256: v.exactOptional(v.string()),
  /** Strong, of the server that sent the bytes. */
  etag: v.exactOptional(v.string()),
});
export type PartState = v.InferOutput<typeof partState>;

type Piece = Buffer<ArrayBuffer>;

export const partEnding = ".part";
export const stateEnding = ".part.json";

/** So many bytes are written at once, in no more pieces than a system takes in one call. */
const batchBytes = 2 ** 20;
const batchPieces = 1024;
/** After so many bytes the disk is told to keep what it has, while more comes: at the end there is little left to wait for. */
const syncBytes = 2 ** 24;

export class PartFile {
  /** Bytes that it holds, or is about to. */
  received = 0;
  state: PartState | undefined;
  readonly #target: string;
  readonly #algorithm: string;
  readonly #file: fs.FileHandle;
  #hash: Hash;
  /** What came while the pieces before it are written. */
  #pieces: Piece[] = [];
  #pieceBytes = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();
  #unsynced = 0;
  #syncing: Promise<void> = Promise.resolve();

  private constructor(target: string, algorithm: string, file: fs.FileHandle) {
    this.#target = target;
    this.#algorithm = algorithm;
    this.#file = file;
    this.#hash = createHash(algorithm);
  }

  /** Opens the part of a target, or makes an empty one. What it holds already is hashed: `onHashed` gets the count of bytes. */
  static async open(
    target: string,
    algorithm: string,
    onHashed: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<PartFile> {
    // Read and written, made where it is missing, and kept where it is there.
    const file = await fs.open(target + partEnding, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
    const part = new PartFile(target, algorithm, file);
    try {
      part.state = await readPartState(target);
      if (part.state) await part.#hashOld(onHashed, signal);
      else await part.#truncate();
      return part;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Says what the bytes that come belong to. */
  async describe(state: PartState): Promise<void> {
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    this.state = state;
    const draft = `${this.#target}${stateEnding}.new`;
    await fs.writeFile(draft, JSON.stringify(state));
    await fs.rename(draft, this.#target + stateEnding);
  }

  /** Takes the bytes away from the caller: their memory is given back once they are written. */
  async append(bytes: Piece): Promise<void> {
    this.received += bytes.length;
    this.#pieces.push(bytes);
    this.#pieceBytes += bytes.length;
    if (this.#pieceBytes >= batchBytes || this.#pieces.length === batchPieces) await this.#write();
  }

  /** Writes what was appended. */
  async flush(): Promise<void> {
    await this.#write();
    await this.#writing;
  }

  /** Throws away what it holds. */
  async reset(): Promise<void> {
    await this.flush();
    await this.#truncate();
    this.#hash = createHash(this.#algorithm);
    this.state = undefined;
    this.received = 0;
  }

  /** In hexadecimal digits, of all bytes that are written. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Makes the part the file that it was to become. Nothing is lost when the power fails. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#syncing;
    await this.#file.sync();
    await this.#file.close();
    await fs.rename(this.#target + partEnding, this.#target);
    await syncFolder(path.dirname(this.#target));
    await fs.rm(this.#target + stateEnding, { force: true });
  }

  /** Keeps what there is, if it is anything, or another's. Never rejects: what could not be written comes again. */
  async close(isOurs = true): Promise<void> {
    await this.flush().catch(() => undefined);
    await this.#syncing.catch(() => undefined);
    await this.#file.close().catch(() => undefined);
    if (this.received === 0 && isOurs) await deletePart(this.#target).catch(() => undefined);
  }

  async delete(): Promise<void> {
    await this.reset();
    await this.close();
  }

  async #hashOld(onHashed: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    const buffer = Buffer.allocUnsafe(batchBytes);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await this.#file.read(buffer, 0, batchBytes, this.received);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.received += bytesRead;
      onHashed(this.received);
    }
    this.#written = this.received;
  }

  async #truncate(): Promise<void> {
    this.#written = 0;
    if ((await this.#file.stat()).size > 0) await this.#file.truncate();
  }

  async #write(): Promise<void> {
    await this.#writing;
    const [pieces, start] = [this.#pieces, this.#written];
    this.#written += this.#pieceBytes;
    this.#unsynced += this.#pieceBytes;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#writing = writeAll(this.#file, pieces, start, this.#written);
    // Whoever writes next meets the failure.
    this.#writing.catch(() => undefined);
    // Hashed while they are written.
    for (const piece of pieces) this.#hash.update(piece);
    if (this.#unsynced >= syncBytes) this.#sync();
  }

  /** Of what is written by now; whoever finishes the file meets a failure. */
  #sync(): void {
    this.#unsynced = 0;
    this.#syncing = this.#syncing.then(() => this.#file.datasync());
    this.#syncing.catch(() => undefined);
  }
}

/** What a part is to become; the file itself where it is no part. */
export function targetOf(file: string): string {
  return file.endsWith(partEnding) ? file.slice(0, -partEnding.length) : file;
}

/** What a target's part belongs to; undefined where there is none that can be gone on with. */
export async function readPartState(target: string): Promise<PartState | undefined> {
  try {
    return v.parse(partState, JSON.parse(await fs.readFile(target + stateEnding, "utf8")));
  } catch {
    return undefined;
  }
}

async function deletePart(target: string): Promise<void> {
  await fs.rm(target + partEnding, { force: true });
  await fs.rm(target + stateEnding, { force: true });
}

/** A file system may take a part of what it is given, as one that is nearly full does. */
async function writeAll(file: fs.FileHandle, pieces: readonly Piece[], start: number, end: number): Promise<void> {
  let left = pieces;
  for (let at = start; at < end;) {
    const { bytesWritten } = await file.writev(left, at);
    at += bytesWritten;
    if (at < end) left = [Buffer.concat(left).subarray(bytesWritten)];
  }
  for (const piece of pieces) free(piece);
}

/**
 * Gives back the memory of a piece that was read alone into it. Left to the garbage collector, the pieces of a fast download
 * take longer to collect than to receive, and hundreds of megabytes until then.
 */
function free({ buffer, length }: Piece): void {
  if (length === buffer.byteLength) buffer.transfer(0);
}
