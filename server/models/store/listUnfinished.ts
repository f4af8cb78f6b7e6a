// Downloads that ended before they were whole, and that nobody goes on with just now.

import fs from "node:fs";
import path from "node:path";

import type { ModelsSettings, UnfinishedDownload } from "../../../src/shared/downloads.ts";
import { isHeld, lockEnding } from "../download/fileLock.ts";
import { partEnding, readPartState } from "../download/partFile.ts";
import { deepest, filesBelow } from "./filesBelow.ts";

export async function listUnfinished({ folder }: ModelsSettings): Promise<UnfinishedDownload[]> {
  if (folder === undefined) return [];
  const parts = filesBelow(folder, deepest).filter((file) => file.endsWith(partEnding));
  const described = await Promise.all(parts.map((part) => describe(folder, part)));
  return described.filter((download) => download !== undefined);
}

async function describe(folder: string, part: string): Promise<UnfinishedDownload | undefined> {
  const target = part.slice(0, -partEnding.length);
  const [owner, name, ...file] = path.relative(folder, target).split(path.sep);
  const received = fs.statSync(part, { throwIfNoEntry: false })?.size;
  const state = await readPartState(target);
  if (received === undefined || !state || (await isHeld(target + lockEnding)) || file.length === 0) return undefined;
  const revision = /\/resolve\/([^/]+)\//.exec(state.url)?.[1];
  return {
    path: part,
    repository: `${owner ?? ""}/${name ?? ""}`,
    ...(revision !== undefined && revision !== "main" && { revision: decodeURIComponent(revision) }),
    files: [file.join("/")],
    received,
    ...(state.size !== undefined && { size: state.size }),
  };
}
