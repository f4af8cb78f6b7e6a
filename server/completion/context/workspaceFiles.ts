// Files of the workspace that are not open, read from the disk: small text files that lie in a workspace folder, and nothing else.

import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { pathInFolder } from "../request.ts";
import { type Chunk, cutChunks } from "./chunks.ts";
import { IgnoredFiles } from "./ignoredFiles.ts";

export interface WorkspaceAccess {
  /** URIs of the workspace folders whose files may be read: none unless the user trusts them. */
  readonly folders: () => readonly string[];
  readonly isAllowed: (uri: string) => boolean;
  /** Whether a document is found without this, as it is in the editor. */
  readonly isVisited: (uri: string) => boolean;
  /** The text of an open document, which may be another than on the disk. */
  readonly openText: (uri: string) => string | undefined;
}

/** Larger files are data or generated. */
const largestFile = 200_000;
const mostNames = 5000;
const mostKept = 64;

export interface ReadFile {
  /** When it was changed last. */
  readonly changed: number;
  readonly chunks: readonly Chunk[];
}

/** Files that context comes from: those of the workspace now, or as they were once. */
export type SourceFiles = Omit<WorkspaceFiles, "readText" | "uriOf" | "pathInFolder">;

export class WorkspaceFiles {
  readonly #access: WorkspaceAccess;
  /** By path, the latest used last. */
  readonly #kept = new Map<string, ReadFile>();
  /** By workspace folder. */
  readonly #ignored = new Map<string, IgnoredFiles>();

  constructor(access: WorkspaceAccess) {
    this.#access = access;
  }

  /** The path of a document; undefined where it is no file of a workspace folder. */
  pathOf(uri: string): string | undefined {
    const file = pathOfUri(uri);
    return file !== undefined && this.folderOf(file) !== undefined ? file : undefined;
  }

  /** The names in a folder; none where it cannot be read. */
  async namesIn(folder: string): Promise<readonly string[]> {
    if (this.folderOf(path.join(folder, "x")) === undefined) return [];
    const names = await readdir(folder).catch(() => []);
    return names.slice(0, mostNames);
  }

  /** Whether a path is a folder, and no link to one. */
  async isFolder(file: string): Promise<boolean> {
    return (await lstat(file).catch(() => undefined))?.isDirectory() === true;
  }

  /** What a folder holds, without links; nothing where it cannot be read. */
  async entriesIn(folder: string): Promise<readonly { readonly name: string; readonly isFolder: boolean }[]> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return entries.flatMap((entry) =>
      entry.isFile() || entry.isDirectory() ? [{ name: entry.name, isFolder: entry.isDirectory() }] : [],
    );
  }

  /** What git ignores in a workspace folder, and what else nobody wrote. */
  ignoredIn(folder: string): IgnoredFiles {
    const ignored = this.#ignored.get(folder) ?? new IgnoredFiles(folder);
    this.#ignored.set(folder, ignored);
    return ignored;
  }

  /** A .gitignore was changed. */
  forgetIgnored(): void {
    this.#ignored.clear();
  }

  /** The chunks of a file; none of one that is ignored, or that may not or cannot be read. */
  async chunksOf(file: string): Promise<readonly Chunk[]> {
    const uri = pathToFileURL(file).href;
    if (this.#access.isVisited(uri)) return [];
    const text = this.#access.openText(uri);
    if (text !== undefined) return cutChunks({ uri, path: pathInFolder(uri, this.#access.folders()), text });
    const folder = this.folderOf(file);
    if (folder === undefined || (await this.ignoredIn(folder).hasFile(file))) return [];
    const kept = this.#kept.get(file);
    const read = await this.read(file, kept?.changed);
    const now = read === "unchanged" ? kept : read;
    this.#kept.delete(file);
    if (!now) return [];
    this.#kept.set(file, now);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    return now.chunks;
  }

  /** Whether a file says this now. */
  async says({ uri, text }: Chunk): Promise<boolean> {
    const file = this.pathOf(uri);
    return file !== undefined && (await this.chunksOf(file)).some((chunk) => chunk.text === text);
  }

  /**
   * A file as it is on the disk; undefined for one that may not or cannot be read.
   * @param known when it was changed last as far as the caller knows, who has it already if it was not changed since
   */
  async read(file: string, known: number | undefined): Promise<ReadFile | "unchanged" | undefined> {
    const read = await this.readText(file, known);
    if (!read || read === "unchanged") return read;
    const uri = pathToFileURL(file).href;
    return { changed: read.changed, chunks: cutChunks({ uri, path: this.pathInFolder(file), text: read.text }) };
  }

  uriOf(file: string): string {
    return pathToFileURL(file).href;
  }

  /** The path of a file in its workspace folder, with slashes. */
  pathInFolder(file: string): string {
    return pathInFolder(pathToFileURL(file).href, this.#access.folders());
  }

  /** As `read`, whole. */
  async readText(
    file: string,
    known?: number,
  ): Promise<{ readonly changed: number; readonly text: string } | "unchanged" | undefined> {
    try {
      const uri = pathToFileURL(file).href;
      const real = await realpath(file);
      // A link may lead to a secret, and out of the workspace.
      const isAllowed = [uri, pathToFileURL(real).href].every((each) => this.#access.isAllowed(each));
      if (!isAllowed || !(await this.#holds(real))) return undefined;
      const stats = await stat(real);
      // To read what is no file, such as a pipe, may take for ever.
      if (!stats.isFile() || stats.size > largestFile) return undefined;
      const changed = stats.mtimeMs;
      if (changed === known) return "unchanged";
      return { changed, text: await readFile(real, "utf8") };
    } catch {
      return undefined;
    }
  }

  /** Whether a real path lies in what a workspace folder really is. */
  async #holds(real: string): Promise<boolean> {
    const folders = await Promise.all(this.folders().map((folder) => realpath(folder).catch(() => folder)));
    return folders.some((folder) => isIn(folder, real));
  }

  /** The workspace folder that a path lies in. */
  folderOf(file: string): string | undefined {
    return this.folders().find((folder) => isIn(folder, file));
  }

  /** Paths of the workspace folders whose files may be read. */
  folders(): string[] {
    return this.#access.folders().flatMap((uri) => pathOfUri(uri) ?? []);
  }
}

function pathOfUri(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    // A client may send what is no path here, such as one on another machine.
    return undefined;
  }
}

function isIn(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
