// The files of a folder as they were at a commit, for the providers of context: what git holds of them, and never the disk.

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { type Chunk, cutChunks } from "../completion/context/chunks.ts";
import { IgnoredFiles } from "../completion/context/ignoredFiles.ts";
import type { ReadFile, SourceFiles } from "../completion/context/workspaceFiles.ts";
import { BackgroundWork } from "../backgroundWork.ts";
import { eachBlob, type Git } from "../git.ts";
import { languageOf } from "../languages.ts";
import { type IsLeftOut, isWritten, largestText } from "./findPlaces.ts";

interface Folder {
  readonly folders: Set<string>;
  readonly files: Set<string>;
}

/** The highest: more of them take longer to read than they are worth in minutes. */
const mostFiles = 4000;
const mostKept = 2 * mostFiles;

export class CommitFiles implements SourceFiles {
  readonly #git: Git;
  readonly #root: string;
  readonly #isLeftOut: IsLeftOut;
  readonly #ignored: IgnoredFiles;
  /** Ids of texts by path. */
  #ids: ReadonlyMap<string, string> = new Map();
  #folders: ReadonlyMap<string, Folder> = new Map();
  /** What was read, by path and id. */
  readonly #kept = new Map<string, ReadFile>();
  #read = 0;

  constructor(git: Git, root: string, isLeftOut: IsLeftOut) {
    this.#git = git;
    this.#root = root;
    this.#isLeftOut = isLeftOut;
    this.#ignored = new IgnoredFiles(root);
  }

  /** Goes to a commit. @returns the paths of the files that are others there than before */
  async enter(commit: string): Promise<readonly string[]> {
    const { bytes } = await this.#git(["ls-tree", "-r", "-z", commit]);
    // The last entry may be cut.
    const entries = bytes.toString().split("\0").slice(0, -1);
    const named = entries.flatMap((entry) => {
      const [, id = "", name = ""] = /^100\d+ blob (\S+)\t(.*)$/s.exec(entry) ?? [];
      return languageOf(name) === undefined ? [] : [{ name, id, depth: name.split("/").length }];
    });
    const highest = named.toSorted((a, b) => a.depth - b.depth).slice(0, mostFiles);
    const before = this.#ids;
    this.#ids = new Map(highest.map(({ name, id }) => [path.join(this.#root, ...name.split("/")), id]));
    this.#folders = foldersOf(this.#ids.keys(), this.#root);
    await this.#readMissing();
    const all = new Set([...before.keys(), ...this.#ids.keys()]);
    return [...all].filter((file) => before.get(file) !== this.#ids.get(file));
  }

  pathOf(uri: string): string | undefined {
    const file = uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
    return file !== undefined && this.folderOf(file) !== undefined ? file : undefined;
  }

  namesIn(folder: string): Promise<readonly string[]> {
    const { folders = [], files = [] } = this.#folders.get(folder) ?? {};
    return Promise.resolve([...folders, ...files]);
  }

  isFolder(file: string): Promise<boolean> {
    return Promise.resolve(this.#folders.has(file));
  }

  entriesIn(folder: string): Promise<readonly { readonly name: string; readonly isFolder: boolean }[]> {
    const { folders = [], files = [] } = this.#folders.get(folder) ?? {};
    const of = (names: Iterable<string>, isFolder: boolean) => Array.from(names, (name) => ({ name, isFolder }));
    return Promise.resolve([...of(folders, true), ...of(files, false)]);
  }

  ignoredIn(): IgnoredFiles {
    return this.#ignored;
  }

  /** The rules stay those of today. */
  forgetIgnored(): void {
    return undefined;
  }

  chunksOf(file: string): Promise<readonly Chunk[]> {
    return Promise.resolve(this.#keptOf(file)?.chunks ?? []);
  }

  says({ uri, text }: Chunk): Promise<boolean> {
    const file = this.pathOf(uri);
    const chunks = file === undefined ? [] : (this.#keptOf(file)?.chunks ?? []);
    return Promise.resolve(chunks.some((chunk) => chunk.text === text));
  }

  read(file: string, known: number | undefined): Promise<ReadFile | "unchanged" | undefined> {
    const kept = this.#keptOf(file);
    return Promise.resolve(kept && kept.changed === known ? "unchanged" : kept);
  }

  folderOf(file: string): string | undefined {
    return file.startsWith(this.#root + path.sep) ? this.#root : undefined;
  }

  folders(): string[] {
    return [this.#root];
  }

  #keptOf(file: string): ReadFile | undefined {
    return this.#kept.get(keyOf(file, this.#ids.get(file)));
  }

  /** Of many files at once: git is a process. */
  async #readMissing(): Promise<void> {
    const missing: { readonly file: string; readonly id: string; readonly name: string }[] = [];
    for (const [file, id] of this.#ids) {
      const name = path.relative(this.#root, file).split(path.sep).join("/");
      if (!this.#kept.has(keyOf(file, id)) && !(await this.#isLeftOut(name))) missing.push({ file, id, name });
    }
    const filesOf = Map.groupBy(missing, ({ id }) => id);
    const work = new BackgroundWork();
    for await (const [id, text] of eachBlob(this.#git, filesOf.keys(), largestText)) {
      for (const { file, name } of filesOf.get(id) ?? []) {
        const chunks = isWritten(text) ? cutChunks({ uri: pathToFileURL(file).href, path: name, text }) : [];
        this.#kept.set(keyOf(file, id), { changed: this.#read++, chunks });
      }
      await work.rest();
    }
    // What is no text is not read again.
    for (const { file, id } of missing) {
      const key = keyOf(file, id);
      if (!this.#kept.has(key)) this.#kept.set(key, { changed: this.#read++, chunks: [] });
    }
    if (this.#kept.size <= mostKept) return;
    const used = new Set(Array.from(this.#ids, ([file, id]) => keyOf(file, id)));
    for (const key of this.#kept.keys()) if (!used.has(key)) this.#kept.delete(key);
  }
}

function keyOf(file: string, id: string | undefined): string {
  return `${id ?? ""} ${file}`;
}

function foldersOf(files: Iterable<string>, root: string): Map<string, Folder> {
  const found = new Map<string, Folder>();
  const folderAt = (folder: string): Folder => {
    const known = found.get(folder);
    if (known) return known;
    const made = { folders: new Set<string>(), files: new Set<string>() };
    found.set(folder, made);
    if (folder !== root) folderAt(path.dirname(folder)).folders.add(path.basename(folder));
    return made;
  };
  folderAt(root);
  for (const file of files) folderAt(path.dirname(file)).files.add(path.basename(file));
  return found;
}
