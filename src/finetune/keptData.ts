// What stays of the data after a training: the paths of the files that were held out, which the adapter is measured on.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const fileOf = (folder: string) => join(folder, "held-out-files.json");

export async function keepHeldOut(folder: string, files: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(fileOf(folder), JSON.stringify(files), { mode: 0o600 });
}

/** undefined where no data was written yet. */
export async function readHeldOut(folder: string): Promise<readonly string[] | undefined> {
  const text = await readFile(fileOf(folder), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as readonly string[]);
}

/** The texts of the workspace are not needed any more. */
export async function deleteData(folder: string): Promise<void> {
  for (const name of ["train.jsonl", "held-out.jsonl"]) await rm(join(folder, name), { force: true });
}
