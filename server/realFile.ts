// Where a file lies that links lead to.

import { realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The same URI where there is no link, or no such file. */
export function realFile(uri: string): string {
  try {
    return pathToFileURL(realpathSync.native(fileURLToPath(uri))).href;
  } catch {
    return uri;
  }
}
