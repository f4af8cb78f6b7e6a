// The GGUF files below a folder that models begin with.

import fs from "node:fs";
import path from "node:path";

/** None where the folder cannot be read; `depth` counts the folders on the way to a file. */
export function ggufFiles(folder: string, depth: number): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return depth > 1 ? ggufFiles(file, depth - 1) : [];
    return isFirstFile(entry.name) ? [file] : [];
  });
}

export function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether a name is that of a GGUF file, and of no later part of a split model. */
function isFirstFile(name: string): boolean {
  const part = /-(\d{5})-of-\d{5}\.gguf$/.exec(name)?.[1];
  return name.endsWith(".gguf") && (part === undefined || part === "00001");
}
