// The files below a folder, and those among them that a model begins with.

import fs from "node:fs";
import path from "node:path";

/** How deep in the models folder files are looked for: OWNER/NAME/FOLDER/FILE. */
export const deepest = 4;

/** None where the folder cannot be read; `depth` counts the folders on the way to a file. */
export function filesBelow(folder: string, depth: number): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return depth > 1 ? filesBelow(file, depth - 1) : [];
    return [file];
  });
}

export function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether a file is a GGUF file, and no later part of a split model. */
export function isFirstFile(file: string): boolean {
  const part = /-(\d{5})-of-\d{5}\.gguf$/.exec(file)?.[1];
  return file.endsWith(".gguf") && (part === undefined || part === "00001");
}
