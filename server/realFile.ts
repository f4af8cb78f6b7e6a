// Files behind links: where they lie, and whether they are excluded.

import { realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

import { matchExcludedFiles } from "../src/shared/excludedFiles.ts";

/** The same URI where there is no link, or no such file. */
export function realFile(uri: string): string {
  try {
    return pathToFileURL(realpathSync.native(fileURLToPath(uri))).href;
  } catch {
    return uri;
  }
}

/** Tells of a document's URI whether one of the globs names its file, or one that a link leads to. */
export function matchExcludedRealFiles(globs: readonly string[]): (uri: string) => boolean {
  const matches = matchExcludedFiles(globs);
  return (uri) => matches(uri) || matches(realFile(uri));
}
