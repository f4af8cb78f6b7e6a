// The models on the disk: those of the models folder, and those that a Hugging Face cache holds already, where they are.

import path from "node:path";

import type { ModelsSettings, StoredModel } from "../../../src/shared/downloads.ts";
import { UserError } from "../../userError.ts";
import { inspectModel } from "../files/inspectModel.ts";
import { deepest, filesBelow, isFirstFile } from "./filesBelow.ts";
import { cachedFiles } from "./huggingFaceCache.ts";

/** A file that is not whole, is damaged, or does not run here is not among them. */
export function listModels({ folder }: ModelsSettings): StoredModel[] {
  const own = folder === undefined ? [] : filesBelow(folder, deepest).filter(isFirstFile);
  return [
    ...own.map((file) => describe(file, "folder", repositoryOf(folder ?? "", file))),
    ...cachedFiles().map(({ file, repository }) => describe(file, "cache", repository)),
  ].filter((model) => model !== undefined);
}

/** Below the folder a file lies in OWNER/NAME; one that was put there by hand may lie anywhere. */
function repositoryOf(folder: string, file: string): string | undefined {
  const [owner, name, ...rest] = path.relative(folder, file).split(path.sep);
  return rest.length > 0 && owner !== undefined && name !== undefined ? `${owner}/${name}` : undefined;
}

function describe(file: string, source: StoredModel["source"], repository?: string): StoredModel | undefined {
  try {
    return { ...inspectModel(file), path: file, source, ...(repository !== undefined && { repository }) };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
