// Deletes a model of the models folder with all of its parts, what there is of one, or a file of original weights.

import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { ModelsSettings } from "../../../src/shared/downloads.ts";
import { firstFile, modelFiles } from "../../engine/splitFiles.ts";
import { UserError } from "../../userError.ts";
import { isOriginalFile } from "../download/originalFiles.ts";
import { partEnding, stateEnding, targetOf } from "../download/partFile.ts";
import { isHeld, lockEnding } from "../files/fileLock.ts";
import { hasDrafts } from "../files/newFile.ts";

/**
 * Resolves to the bytes that the disk has free for it: none for original weights that another conversion reads.
 * @throws UserError
 */
export async function deleteModel(file: string, { folder }: ModelsSettings): Promise<number> {
  if (folder === undefined || !isOurs(file) || !isBelow(folder, file)) throw notInModelsFolder(file);
  // Whoever converts original weights last deletes them.
  if (isOriginalFile(path.basename(file)) && (await hasDrafts(path.dirname(file)))) return 0;
  const targets = modelFiles(firstFile(targetOf(file)));
  for (const target of targets) {
    if (!(await isHeld(target + lockEnding))) continue;
    throw new UserError(l10n.t("{0} is being downloaded. Cancel the download first.", path.basename(target)));
  }
  let freed = 0;
  try {
    // One that is not there is an error, as it is for `rm`.
    await fs.lstat(file);
    const isPartAlone = targets.length === 1 && file.endsWith(partEnding);
    const pieces = isPartAlone ? [file] : targets.flatMap((target) => [target, target + partEnding]);
    for (const piece of pieces) {
      freed += await takenBy(piece);
      await fs.rm(piece, { force: true });
    }
    for (const target of targets) {
      await fs.rm(target + stateEnding, { force: true });
      // One of a process that was killed.
      await fs.rm(target + lockEnding, { force: true });
    }
    await removeEmptyFolders(path.dirname(file), folder);
    return freed;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("{0} could not be deleted: {1}.", file, reason));
  }
}

/** @throws UserError where files of a folder are not ours to delete */
export function checkIsInModelsFolder(place: string, { folder }: ModelsSettings): void {
  if (folder === undefined || !isBelow(folder, place)) throw notInModelsFolder(place);
}

function notInModelsFolder(place: string): UserError {
  return new UserError(l10n.t("{0} is not in the models folder, and was not deleted.", place));
}

function isOurs(file: string): boolean {
  return file.endsWith(".gguf") || file.endsWith(partEnding) || isOriginalFile(path.basename(file));
}

function isBelow(folder: string, place: string): boolean {
  const way = path.relative(folder, place);
  return path.isAbsolute(place) && !path.isAbsolute(way) && way.split(path.sep)[0] !== "..";
}

/** What is missing takes nothing, nor does a link, and a file with other names stays under them. */
async function takenBy(file: string): Promise<number> {
  const stat = await fs.lstat(file).catch(() => undefined);
  return !stat || stat.isSymbolicLink() || stat.nlink > 1 ? 0 : stat.size;
}

async function removeEmptyFolders(folder: string, end: string): Promise<void> {
  if (path.relative(end, folder) === "" || (await fs.readdir(folder)).length > 0) return;
  await fs.rmdir(folder);
  await removeEmptyFolders(path.dirname(folder), end);
}
