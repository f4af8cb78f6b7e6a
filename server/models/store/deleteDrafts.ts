// Deletes what conversions and imports that were killed have left anywhere in the models folder.

import path from "node:path";

import type { ModelsSettings } from "../../../src/shared/downloads.ts";
import { deleteOldDrafts } from "../files/newFile.ts";
import { deepest, filesBelow } from "./filesBelow.ts";

export async function deleteDraftsBelow({ folder }: ModelsSettings): Promise<void> {
  if (folder === undefined) return;
  const folders = new Set(filesBelow(folder, deepest).map((file) => path.dirname(file)));
  for (const each of folders) await deleteOldDrafts(each);
}
