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

interface KeptText {
  /** A number that no other text has. */
  readonly changed: number;
  readonly text: string;
}

interface Folder {
  readonly folders: Set<string>;
  readonly files: Set<string>;
}

/** The highest: more of them take longer to read than they are worth in minutes. */
const mostFiles = 4000;
/** Characters of all texts that are kept: the index has no room for more. */
const mostCharacters = 40_000_000;

export class CommitFiles implements SourceFiles {
  readonly #git: Git;
  readonly #root: string;
  readonly #isLeftOut: IsLeftOut;
  readonly #most: number;
  readonly #ignored: IgnoredFiles;
  /** Ids of texts by path. */
  #ids: ReadonlyMap<string, string> = new Map();
  #folders: ReadonlyMap<string, Folder> = new Map();
  /** What was read, by path and id: texts alone, since chunks with their terms are many times as large. */
  readonly #kept = new Map<string, KeptText>();
  #read = 0;
  #characters = 0;

  /** @param most characters of all texts; of more, the files that lie deepest say nothing */
  constructor(git: Git, root: string, isLeftOut: IsLeftOut, most = mostCharacters) {
    this.#git = git;
    this.#root = root;
    this.#isLeftOut = isLeftOut;
    this.#most = most;
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
    return Promise.resolve(this.#chunksOf(file));
  }

  says({ uri, text }: Chunk): Promise<boolean> {
    const file = this.pathOf(uri);
    const chunks = file === undefined ? [] : this.#chunksOf(file);
    return Promise.resolve(chunks.some((chunk) => chunk.text === text));
  }

  read(file: string, known: number | undefined): Promise<ReadFile | "unchanged" | undefined> {
    const kept = this.#keptOf(file);
    if (!kept) return Promise.resolve(undefined);
    const { changed } = kept;
    return Promise.resolve(changed === known ? "unchanged" : { changed, chunks: this.#chunksOf(file) });
  }

  folderOf(file: string): string | undefined {
    return file.startsWith(this.#root + path.sep) ? this.#root : undefined;
  }

  folders(): string[] {
    return [this.#root];
  }

  #keptOf(file: string): KeptText | undefined {
    return this.#kept.get(keyOf(file, this.#ids.get(file)));
  }

  #chunksOf(file: string): Chunk[] {
    const { text = "" } = this.#keptOf(file) ?? {};
    return cutChunks({ uri: pathToFileURL(file).href, path: this.#nameOf(file), text });
  }

  /** Below the folder, with slashes. */
  #nameOf(file: string): string {
    return path.relative(this.#root, file).split(path.sep).join("/");
  }

  #keep(file: string, id: string, text: string): void {
    this.#kept.set(keyOf(file, id), { changed: this.#read++, text });
    this.#characters += text.length;
  }

  /** Of many files at once: git is a process. */
  async #readMissing(): Promise<void> {
    if (this.#characters > this.#most / 2) this.#forgetUnused();
    const missing: { readonly file: string; readonly id: string }[] = [];
    for (const [file, id] of this.#ids) {
      if (this.#kept.has(keyOf(file, id)) || (await this.#isLeftOut(this.#nameOf(file)))) continue;
      missing.push({ file, id });
    }
    const filesOf = Map.groupBy(missing, ({ id }) => id);
    const work = new BackgroundWork();
    for await (const [id, text] of eachBlob(this.#git, filesOf.keys(), largestText)) {
      const written = isWritten(text) ? text : "";
      for (const { file } of filesOf.get(id) ?? []) {
        this.#keep(file, id, this.#characters + written.length > this.#most ? "" : written);
      }
      await work.rest();
    }
    // What is no text is not read again.
    for (const { file, id } of missing) if (!this.#kept.has(keyOf(file, id))) this.#keep(file, id, "");
  }

  /** Of other commits. */
  #forgetUnused(): void {
    const used = new Set(Array.from(this.#ids, ([file, id]) => keyOf(file, id)));
    for (const [key, { text }] of this.#kept) {
      if (used.has(key)) continue;
      this.#kept.delete(key);
      this.#characters -= text.length;
    }
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
