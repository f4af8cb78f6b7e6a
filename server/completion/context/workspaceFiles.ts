// Files of the workspace that are not open, read from the disk: small text files that lie in a workspace folder, and nothing else.

import { readdir, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { pathInFolder } from "../request.ts";
import { type Chunk, cutChunks } from "./chunks.ts";

export interface WorkspaceAccess {
  /** URIs of the workspace folders whose files may be read: none unless the user trusts them. */
  readonly folders: () => readonly string[];
  readonly isAllowed: (uri: string) => boolean;
  /** Whether a document is open: its text may be another than on the disk, and is found without reading that. */
  readonly isOpen: (uri: string) => boolean;
}

/** Larger files are data or generated. */
const largestFile = 200_000;
const mostNames = 5000;
const mostKept = 64;

interface Kept {
  readonly changed: number;
  readonly chunks: readonly Chunk[];
}

export class WorkspaceFiles {
  readonly #access: WorkspaceAccess;
  /** By path, the latest used last. */
  readonly #kept = new Map<string, Kept>();

  constructor(access: WorkspaceAccess) {
    this.#access = access;
  }

  /** The path of a document; undefined where it is no file of a workspace folder. */
  pathOf(uri: string): string | undefined {
    try {
      const file = uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
      return file !== undefined && this.#folderOf(file) !== undefined ? file : undefined;
    } catch {
      // A client may send what is no path here.
      return undefined;
    }
  }

  /** The names in a folder; none where it cannot be read. */
  async namesIn(folder: string): Promise<readonly string[]> {
    if (this.#folderOf(path.join(folder, "x")) === undefined) return [];
    const names = await readdir(folder).catch(() => []);
    return names.slice(0, mostNames);
  }

  /** The chunks of a file; none of one that may not or cannot be read. */
  async chunksOf(file: string): Promise<readonly Chunk[]> {
    try {
      return await this.#read(file);
    } catch {
      return [];
    }
  }

  async #read(file: string): Promise<readonly Chunk[]> {
    const uri = pathToFileURL(file).href;
    if (this.#access.isOpen(uri)) return [];
    const real = await realpath(file);
    // A link may lead to a secret, and out of the workspace.
    const isAllowed = [uri, pathToFileURL(real).href].every((each) => this.#access.isAllowed(each));
    if (!isAllowed || !(await this.#holds(real))) return [];
    const stats = await stat(real);
    // To read what is no file, such as a pipe, may take for ever.
    if (!stats.isFile() || stats.size > largestFile) return [];
    const changed = stats.mtimeMs;
    const kept = this.#kept.get(file);
    const chunks = kept?.changed === changed ? kept.chunks : this.#cut(uri, await readFile(real, "utf8"));
    this.#kept.delete(file);
    this.#kept.set(file, { changed, chunks });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    return chunks;
  }

  #cut(uri: string, text: string): Chunk[] {
    return cutChunks({ uri, path: pathInFolder(uri, this.#access.folders()), text });
  }

  /** Whether a real path lies in what a workspace folder really is. */
  async #holds(real: string): Promise<boolean> {
    const folders = await Promise.all(this.#folders().map((folder) => realpath(folder).catch(() => folder)));
    return folders.some((folder) => isIn(folder, real));
  }

  #folderOf(file: string): string | undefined {
    return this.#folders().find((folder) => isIn(folder, file));
  }

  #folders(): string[] {
    return this.#access
      .folders()
      .filter((uri) => uri.startsWith("file:"))
      .map((uri) => fileURLToPath(uri));
  }
}

function isIn(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
