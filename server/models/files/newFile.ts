// Writes a file that has its name only when it is whole, and never takes the place of another.

import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import * as l10n from "@vscode/l10n";

import { UserError } from "../../userError.ts";
import { wait } from "../download/waiting.ts";
import { isHeld, lockEnding, lockFile, removeDeadLock } from "./fileLock.ts";

/** A name of its own for each, so that two processes never write into one. */
const draftName = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;

/**
 * Calls `write` with the path of a draft beside the file, once no other process writes the file. Nothing is lost when the
 * power fails later, and nothing is left behind when `write` rejects.
 * @throws NameTaken where the file exists, or another process has written it meanwhile; what `write` rejects with
 */
export async function writeNewFile(
  file: string,
  write: (draft: string) => Promise<void>,
  signal: AbortSignal = AbortSignal.any([]),
): Promise<void> {
  await checkIsFree(file);
  const lock = await lockFile(file, { wait, onWaiting: () => exists(file) }, signal);
  if (!lock) throw takenName(file);
  const draft = `${file}.${randomUUID()}.part`;
  try {
    await checkIsFree(file);
    await deleteOldDrafts(path.dirname(file));
    await write(draft);
    await sync(draft, "r+");
    await rename(draft, file);
    await syncFolder(path.dirname(file));
  } finally {
    await fs.rm(draft, { force: true });
    await lock.release();
  }
}

/** The name of a new file is another one's already. */
export class NameTaken extends UserError {}

/** @throws NameTaken where the file exists */
export async function checkIsFree(file: string): Promise<void> {
  if (await exists(file)) throw takenName(file);
}

async function exists(file: string): Promise<boolean> {
  return fs.lstat(file).then(
    () => true,
    () => false,
  );
}

export function takenName(file: string): NameTaken {
  return new NameTaken(l10n.t("{0} exists already. Delete it first, or give the file another name.", file));
}

/** The name is taken first, since a rename replaces what has it; a hard link, which does not, is not had on every disk. */
async function rename(draft: string, file: string): Promise<void> {
  try {
    await fs.writeFile(file, "", { flag: "wx" });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST" ? takenName(file) : error;
  }
  try {
    await fs.rename(draft, file);
  } catch (error) {
    await fs.rm(file, { force: true });
    throw error;
  }
}

/** Deletes the drafts that processes which were killed have left in a folder. */
export async function deleteOldDrafts(folder: string): Promise<void> {
  for (const { draft, lock } of await draftsIn(folder)) {
    if (await isHeld(lock)) continue;
    await fs.rm(draft, { force: true });
    await removeDeadLock(lock);
  }
}

/** Whether some process writes a new file in a folder just now, other than this draft. */
export async function hasDrafts(folder: string, own?: string): Promise<boolean> {
  for (const { draft, lock } of await draftsIn(folder)) if (draft !== own && (await isHeld(lock))) return true;
  return false;
}

async function draftsIn(folder: string): Promise<{ readonly draft: string; readonly lock: string }[]> {
  const names = await fs.readdir(folder).catch(() => []);
  return names
    .filter((name) => draftName.test(name))
    .map((name) => path.join(folder, name))
    .map((draft) => ({ draft, lock: draft.replace(draftName, lockEnding) }));
}

/** So that a new name outlives a power failure, too. Windows does it by itself, and opens no folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== "win32") await sync(folder, "r");
}

async function sync(file: string, flags: string): Promise<void> {
  const handle = await fs.open(file, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
