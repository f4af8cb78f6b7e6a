// Brings a model file that is on this computer already into the models folder, for those who download nothing here.

import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { ImportParams, ModelsSettings, StoredModel } from "../../../src/shared/downloads.ts";
import { modelFiles } from "../../engine/splitFiles.ts";
import { UserError } from "../../userError.ts";
import { checkRoom } from "../download/downloadFile.ts";
import { diskFailure } from "../download/failures.ts";
import { inspectModel } from "../files/inspectModel.ts";
import { checkIsFree, takenName, writeNewFile } from "../files/newFile.ts";
import { openModelsFolder } from "./modelsFolder.ts";

/**
 * The file is inspected and its hash compared before it has a name in the folder. Aborted, it leaves nothing behind.
 * @throws UserError, or the signal's reason
 */
export async function importModel(
  { path: file, by, sha256 }: ImportParams,
  settings: ModelsSettings,
  signal: AbortSignal,
): Promise<StoredModel> {
  const { size } = inspectModel(file);
  const folder = await openModelsFolder(settings);
  const parts = modelFiles(file).map((part) => ({ from: part, to: path.join(folder, path.basename(part)) }));
  for (const { to } of parts) await checkIsFree(to);
  if (sha256 !== undefined) {
    if (parts.length > 1) throw hashOfOne(file, parts.length);
    await checkHash(file, sha256, signal);
  }
  const done: string[] = [];
  try {
    if (by === "copy") await checkRoom(parts[0]?.to ?? file, size);
    for (const { from, to } of parts) {
      if (by === "copy") await writeNewFile(to, (draft) => copy(from, draft, signal), signal);
      else await link(from, to);
      done.push(to);
    }
    const target = parts[0]?.to ?? file;
    return { ...inspectModel(target), path: target, source: "folder" };
  } catch (error) {
    for (const each of done) await fs.rm(each, { force: true });
    signal.throwIfAborted();
    throw diskFailure(error, folder) ?? error;
  }
}

function hashOfOne(file: string, parts: number): UserError {
  return new UserError(
    l10n.t("{0} is the first of {1} files, and a SHA-256 is of one. Leave it out to import all of them.", file, parts),
  );
}

async function checkHash(file: string, sha256: string, signal: AbortSignal): Promise<void> {
  const hash = createHash("sha256");
  for await (const piece of piecesOf(file, signal)) hash.update(piece);
  if (hash.digest("hex") === sha256.toLowerCase()) return;
  throw new UserError(l10n.t("{0} does not have the SHA-256 that you gave, and was not imported.", file));
}

async function copy(from: string, to: string, signal: AbortSignal): Promise<void> {
  const target = await fs.open(to, "wx");
  try {
    for await (const piece of piecesOf(from, signal)) await target.writeFile(piece);
  } finally {
    await target.close();
  }
}

/** Each piece holds until the next one is asked for. */
async function* piecesOf(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const handle = await fs.open(file);
  try {
    const buffer = Buffer.allocUnsafe(2 ** 20);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/**
 * By a second name, which stays when the first is deleted; to another disk only a symbolic link leads. What is a link itself,
 * as in a Hugging Face cache, may lead nowhere from another folder.
 */
async function link(from: string, to: string): Promise<void> {
  const real = await fs.realpath(from);
  try {
    await fs.link(real, to);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw takenName(to);
    if (!["EXDEV", "EPERM", "ENOTSUP", "EMLINK"].includes(code)) throw error;
    await fs.symlink(real, to);
  }
}
