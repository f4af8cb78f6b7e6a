// Downloads that ended before they were whole, and that nobody goes on with just now.

import fs from "node:fs";
import path from "node:path";

import type { ModelsSettings, UnfinishedDownload } from "../../../src/shared/downloads.ts";
import { firstFile, modelFiles } from "../../engine/splitFiles.ts";
import { isHeld, lockEnding } from "../files/fileLock.ts";
import { partEnding, readPartState, targetOf } from "../download/partFile.ts";
import { deepest, filesBelow } from "./filesBelow.ts";

/** A split model of which a file is missing is one, whatever there is of it. */
export async function listUnfinished({ folder }: ModelsSettings): Promise<UnfinishedDownload[]> {
  if (folder === undefined) return [];
  const files = new Set(filesBelow(folder, deepest));
  const parts = [...files].filter((file) => file.endsWith(partEnding) || /-\d{5}-of-\d{5}\.gguf$/.test(file));
  const firsts = new Set(parts.map((file) => firstFile(targetOf(file))));
  const described = await Promise.all([...firsts].map((first) => describe(folder, first, files)));
  return described.filter((download) => download !== undefined);
}

async function describe(
  folder: string,
  first: string,
  files: ReadonlySet<string>,
): Promise<UnfinishedDownload | undefined> {
  const targets = modelFiles(first);
  const isSplit = targets.length > 1;
  if (isSplit && targets.every((target) => files.has(target))) return undefined;
  for (const target of targets) if (await isHeld(target + lockEnding)) return undefined;
  const state: { size?: number } | undefined = isSplit ? {} : await readPartState(first);
  const places = targets.flatMap((target) => (isSplit ? [target, target + partEnding] : [target + partEnding]));
  const there = places.filter((place) => files.has(place));
  const [owner, name, ...file] = path.relative(folder, first).split(path.sep);
  const [one] = there;
  if (one === undefined || !state || file.length === 0) return undefined;
  const sizes = there.map((place) => fs.statSync(place, { throwIfNoEntry: false })?.size ?? 0);
  return {
    path: one,
    repository: `${owner ?? ""}/${name ?? ""}`,
    files: [file.join("/")],
    received: sizes.reduce((sum, size) => sum + size, 0),
    ...(state.size !== undefined && { size: state.size }),
  };
}
