// The folder of the prompt cache on disk. A client names it and several processes share it, so that nothing is deleted in it
// but files that are ours, and it is listed anew each time.

import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** A saved context: digits of what it depends on, and an id of its own. */
const savedName = /^[0-9a-f]{16}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.state$/;
/** One that a model process writes or reads: its process id, and a count. */
const inUseName = /^in-use-\d+(-\d+)?\.tmp$/;

const minute = 60_000;
const day = 24 * 60 * minute;
/** A saved context that no prompt used is deleted after this time, in milliseconds. */
const longestUnused = 7 * day;
/** A file that has been in use for longer, in milliseconds, was left by a process that died. */
const longestUse = 10 * minute;

/** A file of the prompt cache: nothing else that lies in the folder is one. */
export interface CacheFile {
  readonly path: string;
  readonly name: string;
  /** Whether a model process writes or reads it, or died while it did. */
  readonly inUse: boolean;
  readonly size: number;
  /** Milliseconds since it was last written or read. */
  readonly age: number;
}

/**
 * The files of the prompt cache in a folder, none where there is no folder.
 * @throws Error where the folder cannot be the prompt cache's
 */
export async function listCacheFiles(folder: string): Promise<readonly CacheFile[]> {
  if (!(await checkFolder(folder))) return [];
  const names = (await unlessGone(fs.readdir(folder))) ?? [];
  const files = await Promise.all(
    names.map(async (name) => {
      const inUse = inUseName.test(name);
      if (!inUse && !savedName.test(name)) return undefined;
      const file = path.join(folder, name);
      const stats = await unlessGone(fs.lstat(file));
      // A link or a folder of that name is somebody else's.
      if (!stats?.isFile()) return undefined;
      return { path: file, name, inUse, size: stats.size, age: Date.now() - stats.mtimeMs };
    }),
  );
  return files.filter((file) => file !== undefined);
}

/** Whether a file was not used for so long that it is deleted. */
export function isExpired({ inUse, age }: CacheFile): boolean {
  return age > (inUse ? longestUse : longestUnused);
}

/**
 * Deletes the files of the prompt cache that were not used for long.
 * @throws Error where the folder cannot be the prompt cache's, or a file cannot be deleted
 */
export async function deleteExpiredFiles(folder: string): Promise<void> {
  await deleteFiles((await listCacheFiles(folder)).filter(isExpired));
}

/**
 * Deletes all files of the prompt cache, and the folder if nothing else is in it.
 * @param signal ends the deletion before the next file
 * @throws Error where the folder cannot be the prompt cache's, or, once the others are deleted, of a file that cannot be
 */
export async function deleteCacheFiles(folder: string, signal?: AbortSignal): Promise<void> {
  await deleteFiles(await listCacheFiles(folder), signal);
  // It stays where it is not there, or not empty.
  if (!signal?.aborted) await fs.rmdir(folder).catch(() => undefined);
}

/** A file that cannot be deleted, as on Windows while it is open, keeps none of the others. */
async function deleteFiles(files: readonly CacheFile[], signal?: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  for (const file of files) {
    if (signal?.aborted) return;
    await fs.rm(file.path, { force: true }).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Whether the folder is there.
 * @throws Error where it cannot be the prompt cache's: what it names is somebody else's, or another thing in each process
 */
export async function checkFolder(folder: string): Promise<boolean> {
  if (!path.isAbsolute(folder)) throw new Error(`the path ${folder} is not absolute`);
  const resolved = path.resolve(folder);
  if (resolved === path.parse(resolved).root) throw new Error(`${folder} is the root of a file system`);
  if (resolved === path.resolve(os.homedir())) throw new Error(`${folder} is a home folder`);
  const stats = await unlessGone(fs.lstat(resolved));
  if (stats && !stats.isDirectory()) throw new Error(`${folder} is a file or a link, not a folder`);
  return stats !== undefined;
}

/** What is asked of a file, or undefined where it is not there: another process may delete it at any time. */
export async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whether an error says that a file or its folder is not there. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/**
 * What is made of a file that is deleted if that fails.
 * @throws that the file is gone, where somebody else deleted it meanwhile
 */
export async function orDeleted<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await fs.rm(file);
    throw error;
  }
}
