// What tells a model from others, whatever its file is called.

import { createHash } from "node:crypto";
import fs from "node:fs";
import { pipeline } from "node:stream/promises";

import type { Adapter } from "../../src/shared/serverSettings.ts";
import { modelFiles } from "../engine/splitFiles.ts";

/**
 * The SHA-256 of a model's file, as the hub tells it; with several files, or adapters, that of all of theirs and of the scales.
 * Undefined when the signal fired: large files take a while.
 */
export async function hashModel(
  file: string,
  adapters: readonly Adapter[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const hashes: string[] = [];
  try {
    for (const each of modelFiles(file)) hashes.push(await hashFile(each, signal));
    for (const { path, scale } of adapters) hashes.push(`${await hashFile(path, signal)} ${scale}`);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  const [only = ""] = hashes;
  return hashes.length === 1 ? only : createHash("sha256").update(hashes.join("\n")).digest("hex");
}

async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(fs.createReadStream(file, { highWaterMark: 2 ** 20 }), hash, { signal });
  return hash.digest("hex");
}
