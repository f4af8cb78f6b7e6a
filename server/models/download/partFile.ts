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

export const partEnding = ".part";
export const stateEnding = ".part.json";

const bufferBytes = 2 ** 20;
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
  /** One is filled while the other is written. */
  #buffers = [Buffer.allocUnsafe(bufferBytes), Buffer.allocUnsafe(bufferBytes)] as const;
  #filled = 0;
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

  async append(bytes: Uint8Array): Promise<void> {
    this.received += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + bufferBytes - this.#filled);
      this.#buffers[0].set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === bufferBytes) await this.#write();
    }
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
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await this.#file.read(this.#buffers[0], 0, bufferBytes, this.received);
      if (bytesRead === 0) break;
      this.#hash.update(this.#buffers[0].subarray(0, bytesRead));
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
    const [full, empty] = this.#buffers;
    const [count, position] = [this.#filled, this.#written];
    this.#buffers = [empty, full];
    this.#filled = 0;
    this.#written += count;
    const bytes = full.subarray(0, count);
    this.#writing = writeAll(this.#file, bytes, position);
    // Whoever writes next meets the failure.
    this.#writing.catch(() => undefined);
    this.#hash.update(bytes);
    this.#unsynced += count;
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
async function writeAll(file: fs.FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
