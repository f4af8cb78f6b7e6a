// The cache that Hugging Face's programs keep: models--OWNER--NAME/snapshots/COMMIT/FILE, each a link to a blob.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";

import { entriesOf, filesBelow, isFirstFile } from "./filesBelow.ts";

export interface CachedFile {
  readonly file: string;
  readonly repository: string;
}

/** GGUF files of the cache, each once: the commits of a repository share what did not change. */
export function cachedFiles(): CachedFile[] {
  const folder = cacheFolder();
  const repositories = entriesOf(folder).flatMap(({ name }) => {
    const [, owner, model] = /^models--(.+?)--(.+)$/.exec(name) ?? [];
    return owner === undefined || model === undefined ? [] : [{ name, repository: `${owner}/${model}` }];
  });
  return repositories.flatMap(({ name, repository }) => {
    const files = new Map<string, CachedFile>();
    for (const file of snapshotFiles(path.join(folder, name))) {
      const blob = blobOf(file);
      if (blob !== undefined && !files.has(blob)) files.set(blob, { file, repository });
    }
    return [...files.values()];
  });
}

/** Where Hugging Face's programs look for it. */
function cacheFolder(): string {
  const { env } = process;
  const cache = env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache");
  const home = env["HF_HOME"] ?? path.join(cache, "huggingface");
  return env["HF_HUB_CACHE"] ?? path.join(home, "hub");
}

/** Those of the newest commit first. */
function snapshotFiles(repository: string): string[] {
  const folder = path.join(repository, "snapshots");
  const commits = entriesOf(folder).map(({ name }) => path.join(folder, name));
  const time = new Map(commits.map((commit) => [commit, fs.statSync(commit, { throwIfNoEntry: false })?.mtimeMs ?? 0]));
  commits.sort((a, b) => (time.get(b) ?? 0) - (time.get(a) ?? 0));
  return commits.flatMap((commit) => filesBelow(commit, 3).filter(isFirstFile));
}

/** The file itself where the disk has no links; undefined for a link to a blob that is gone. */
function blobOf(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}
