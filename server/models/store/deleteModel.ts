// Deletes a model of the models folder with all of its parts, or what there is of one.

import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { ModelsSettings } from "../../../src/shared/downloads.ts";
import { modelFiles } from "../../engine/splitFiles.ts";
import { UserError } from "../../userError.ts";
import { isHeld, lockEnding } from "../download/fileLock.ts";
import { partEnding, stateEnding } from "../download/partFile.ts";

/**
 * Resolves to the bytes that the disk has free for it.
 * @throws UserError
 */
export async function deleteModel(file: string, { folder }: ModelsSettings): Promise<number> {
  if (folder === undefined || !isBelow(folder, file)) {
    throw new UserError(l10n.t("{0} is not in the models folder, and was not deleted.", file));
  }
  const lock = file.endsWith(partEnding) ? file.slice(0, -partEnding.length) + lockEnding : undefined;
  if (lock !== undefined && (await isHeld(lock))) {
    throw new UserError(l10n.t("{0} is being downloaded. Cancel the download first.", path.basename(file)));
  }
  let freed = 0;
  try {
    for (const part of modelFiles(file)) {
      freed += await takenBy(part);
      await fs.rm(part);
    }
    if (file.endsWith(partEnding)) await fs.rm(file.slice(0, -partEnding.length) + stateEnding, { force: true });
    // One of a process that was killed.
    if (lock !== undefined) await fs.rm(lock, { force: true });
    await removeEmptyFolders(path.dirname(file), folder);
    return freed;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("{0} could not be deleted: {1}.", file, reason));
  }
}

function isBelow(folder: string, file: string): boolean {
  const way = path.relative(folder, file);
  const isOurs = way.endsWith(".gguf") || way.endsWith(partEnding);
  return path.isAbsolute(file) && isOurs && !path.isAbsolute(way) && way.split(path.sep)[0] !== "..";
}

/** A link takes nothing, and a file with other names stays under them. */
async function takenBy(file: string): Promise<number> {
  const stat = await fs.lstat(file);
  return stat.isSymbolicLink() || stat.nlink > 1 ? 0 : stat.size;
}

async function removeEmptyFolders(folder: string, end: string): Promise<void> {
  if (path.relative(end, folder) === "" || (await fs.readdir(folder)).length > 0) return;
  await fs.rmdir(folder);
  await removeEmptyFolders(path.dirname(folder), end);
}
