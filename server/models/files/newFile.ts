// Writes a file that has its name only when it is whole, and never takes the place of another.

import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import * as l10n from "@vscode/l10n";

import { UserError } from "../../userError.ts";

/** Its owner has a name of its own for each, so that two windows never write into one. */
const draftName = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;
/** Milliseconds after which a draft that nobody writes into counts as left behind by a process that was killed. */
const longestRest = 3_600_000;

/**
 * Calls `write` with the path of a draft beside the file. Nothing is lost when the power fails later, and nothing is left
 * behind when `write` rejects.
 * @throws UserError where the file exists; what `write` rejects with
 */
export async function writeNewFile(file: string, write: (draft: string) => Promise<void>): Promise<void> {
  await checkIsFree(file);
  await deleteOldDrafts(path.dirname(file));
  const draft = `${file}.${randomUUID()}.part`;
  try {
    await write(draft);
    await sync(draft, "r+");
    await rename(draft, file);
    await syncFolder(path.dirname(file));
  } finally {
    await fs.rm(draft, { force: true });
  }
}

/** @throws UserError where the file exists */
export async function checkIsFree(file: string): Promise<void> {
  const isTaken = await fs.lstat(file).then(
    () => true,
    () => false,
  );
  if (isTaken) throw takenName(file);
}

export function takenName(file: string): UserError {
  return new UserError(l10n.t("{0} exists already. Delete it first, or give the file another name.", file));
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

async function deleteOldDrafts(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  const drafts = names.filter((name) => draftName.test(name));
  for (const draft of drafts.map((name) => path.join(folder, name))) {
    const changed = await fs.stat(draft).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    if (changed < Date.now() - longestRest) await fs.rm(draft, { force: true });
  }
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
