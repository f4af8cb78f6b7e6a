// Downloads one file: goes on with what is there, tries again what may pass, and is done when every byte is checked.

import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { DownloadedFile } from "../../../src/shared/downloads.ts";
import { DownloadError, diskFailure, noRoom, notGguf, notTheFile, wrongHash, wrongSize } from "./failures.ts";
import { type FileLock, lockFile } from "../files/fileLock.ts";
import type { Access } from "./openAddress.ts";
import { PartFile, partEnding } from "./partFile.ts";
import { type TransferredFile, transfer } from "./transfer.ts";
import { retryDelay, type Wait } from "./waiting.ts";

export interface FileToDownload extends TransferredFile {
  /** Absolute path of the whole file. */
  readonly target: string;
}

/** How far a file is. `received` counts from its beginning, whoever downloads it. */
export interface FileProgress {
  readonly state: "waiting" | "checking" | "downloading";
  readonly received: number;
  readonly size?: number;
  /** Why it waits, in the user's language. */
  readonly note?: string;
}

export interface DownloadOptions {
  readonly access: Access;
  readonly wait: Wait;
  readonly onProgress: (progress: FileProgress) => void;
}

/**
 * What was received stays when the download fails or is aborted, and the next one goes on with it.
 * @throws DownloadError, or the signal's reason
 */
export async function downloadFile(
  file: FileToDownload,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<DownloadedFile> {
  const folder = path.dirname(file.target);
  try {
    for (;;) {
      const whole = await sizeOf(file.target);
      if (whole !== undefined) {
        if (!(await maybeModel(file.target, file.target))) throw notGguf(file.target);
        return { path: file.target, size: whole };
      }
      const lock = await lockFile(file.target, { wait: options.wait, onWaiting: () => watch(file, options) }, signal);
      if (!lock) continue;
      try {
        // Its owner may have finished between the look and the lock.
        if ((await sizeOf(file.target)) !== undefined) continue;
        return await downloadLocked(file, options, lock, AbortSignal.any([signal, lock.lost]));
      } catch (error) {
        signal.throwIfAborted();
        if (!lock.lost.aborted) throw error;
      } finally {
        await lock.release();
      }
    }
  } catch (error) {
    throw diskFailure(error, folder) ?? error;
  }
}

/** Tells how far another process is; true when it is done. */
async function watch({ target }: FileToDownload, { onProgress }: DownloadOptions): Promise<boolean> {
  if ((await sizeOf(target)) !== undefined) return true;
  const received = (await sizeOf(target + partEnding)) ?? 0;
  onProgress({ state: "waiting", received, note: l10n.t("Another window downloads this file.") });
  return false;
}

async function downloadLocked(
  file: FileToDownload,
  options: DownloadOptions,
  lock: FileLock,
  signal: AbortSignal,
): Promise<DownloadedFile> {
  const { onProgress } = options;
  const algorithm = file.hash?.algorithm ?? "sha256";
  const part = await PartFile.open(
    file.target,
    algorithm,
    (received) => onProgress({ state: "checking", received }),
    signal,
  );
  try {
    await transferAll(part, file, options, signal);
    // Whoever has the lock by now writes into the part, which is not to be renamed or deleted under it.
    await lock.check();
    signal.throwIfAborted();
    return await finish(part, file);
  } finally {
    await lock.check();
    await part.close(!lock.lost.aborted);
  }
}

async function transferAll(
  part: PartFile,
  file: FileToDownload,
  { access, wait, onProgress }: DownloadOptions,
  signal: AbortSignal,
): Promise<void> {
  let most = part.received;
  let isKnownToWork = false;
  for (let tries = 1; ; tries++) {
    try {
      await transfer(part, file, access, {
        signal,
        onSize: (size) => checkRoom(file.target, size - part.received),
        onReceived: () => {
          isKnownToWork = true;
          onProgress(progressOf("downloading", part));
        },
      });
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DownloadError) || !error.passes) throw error;
      // A server without ranges begins anew each time, and may never come to the end.
      if (part.received > most) tries = 1;
      most = Math.max(most, part.received);
      // Who has just asked for it hears at once that there is no way to it.
      const isToldAtOnce = ["offline", "nameNotResolved", "connectionRefused"].includes(error.kind) && !isKnownToWork;
      const delay = isToldAtOnce ? undefined : retryDelay(tries, isKnownToWork, error.retryAfter);
      if (delay === undefined) throw error;
      onProgress({ ...progressOf("waiting", part), note: error.message });
      await wait(delay, signal);
    }
  }
}

function progressOf(state: FileProgress["state"], { received, state: described }: PartFile): FileProgress {
  return { state, received, ...(described?.size !== undefined && { size: described.size }) };
}

/** Compares what came with what the source says, and gives it its name. */
async function finish(part: PartFile, { url, target, hash }: FileToDownload): Promise<DownloadedFile> {
  const { received, state } = part;
  if (state?.size !== undefined && state.size !== received) {
    await part.delete();
    throw wrongSize(path.basename(target), received, state.size);
  }
  const expected = hash?.hex ?? state?.sha256;
  if (expected !== undefined && expected !== part.digest()) {
    await part.delete();
    throw wrongHash(path.basename(target));
  }
  if (!(await maybeModel(target, target + partEnding))) {
    await part.delete();
    throw notTheFile(url.host);
  }
  await part.finish();
  return { path: target, size: received, verified: expected !== undefined };
}

/** Whether the bytes in `file` can be what the name of `target` says: a file without that name is not looked at. */
async function maybeModel(target: string, file: string): Promise<boolean> {
  if (!target.endsWith(".gguf")) return true;
  const handle = await fs.open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("latin1") === "GGUF";
  } finally {
    await handle.close();
  }
}

/** @throws DownloadError when the disk has not so many bytes free */
export async function checkRoom(target: string, needed: number): Promise<void> {
  const folder = path.dirname(target);
  const { bavail, bsize } = await fs.statfs(folder);
  if (bavail * bsize < needed) throw noRoom(folder, needed, bavail * bsize);
}

export async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await fs.stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
