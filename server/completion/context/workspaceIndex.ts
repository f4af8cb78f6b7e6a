// What files of the workspace say that nobody has opened: the chunks with the rarest terms around the cursor, by an index of the
// terms of all files. It is built in the background, when the first completion is asked for, and is in memory alone: 1,700 files
// take a second of processor time, and 20,000 files 50 MB.

import path from "node:path";

import { BackgroundWork } from "../../backgroundWork.ts";
import type { CompletionRequest } from "../request.ts";
import { InvertedIndex } from "./bm25.ts";
import type { Chunk } from "./chunks.ts";
import type { ContextProvider } from "./provider.ts";
import { queryOf } from "./rank.ts";
import type { SourceFiles } from "./workspaceFiles.ts";

/** Files and folders that are looked at, the highest ones first. */
const mostEntries = 100_000;
/** About 40 MB of source. */
const mostChunks = 100_000;
/** Chunks that are ranked with those of other providers. */
const mostFound = 16;
/** When more have changed the whole workspace is looked through. */
const mostChanged = 2000;
/** Numbers of removed chunks, as a part of all, from which on the index is built anew. */
const mostRemoved = 0.5;

interface Indexed {
  /** When the file was changed last. */
  readonly changed: number;
  readonly numbers: readonly number[];
}

interface Place {
  readonly file: string;
  /** Of the chunk among those of its file. */
  readonly position: number;
}

export class WorkspaceIndex implements ContextProvider {
  readonly name = "index";
  readonly timeLimit = 50;
  readonly #files: SourceFiles;
  #index = new InvertedIndex();
  /** By the number of a chunk in the index. */
  #places: Place[] = [];
  #indexed = new Map<string, Indexed>();
  /** The workspace folders that were walked. */
  #walked: ReadonlySet<string> = new Set();
  /** Files that have changed since. */
  readonly #changed = new Set<string>();
  #updating: Promise<void> | undefined;
  #work = new BackgroundWork();

  constructor(files: SourceFiles) {
    this.#files = files;
  }

  get isBuilding(): boolean {
    return this.#updating !== undefined || this.#changed.size > 0 || !this.#hasWalked(this.#files.folders());
  }

  async find(request: CompletionRequest): Promise<Chunk[]> {
    const own = this.#files.pathOf(request.uri);
    const places = this.#index
      .search(queryOf(request), mostFound)
      .flatMap((number) => this.#places[number] ?? [])
      .filter(({ file }) => file !== own);
    // A completion does not fail for want of the index.
    this.update().catch(() => undefined);
    const chunks = [...Map.groupBy(places, ({ file }) => file)].map(async ([file, ofFile]) => {
      const all = await this.#files.chunksOf(file);
      return ofFile.flatMap(({ position }) => all[position] ?? []);
    });
    return (await Promise.all(chunks)).flat();
  }

  /** Files or folders were made, changed or deleted. */
  change(uris: readonly string[]): void {
    for (const uri of uris) {
      const file = this.#files.pathOf(uri);
      if (file === undefined) continue;
      if (this.#changed.size >= mostChanged) this.#walked = new Set();
      else this.#changed.add(file);
    }
  }

  /** Resolves once the index is that of the files. */
  update(): Promise<void> {
    this.#updating ??= this.#update().finally(() => (this.#updating = undefined));
    return this.#updating;
  }

  async #update(): Promise<void> {
    this.#work = new BackgroundWork();
    if (this.#index.numbers - this.#index.size > mostRemoved * this.#index.numbers) this.#clear();
    await this.#takeChangedRules();
    const folders = this.#files.folders();
    if (!this.#hasWalked(folders)) {
      this.#walked = new Set(folders);
      this.#changed.clear();
      const found = new Set<string>();
      for await (const file of this.#walk(folders)) found.add(file);
      for (const file of [...this.#indexed.keys()]) if (!found.has(file)) this.#forget(file);
    }
    for (const file of this.#changed) {
      this.#changed.delete(file);
      await this.#takeChanged(file);
      await this.#work.rest();
    }
  }

  #hasWalked(folders: readonly string[]): boolean {
    return folders.length === this.#walked.size && folders.every((folder) => this.#walked.has(folder));
  }

  /** Looks through the workspace again where a .gitignore has changed that holds: one in an ignored folder does not. */
  async #takeChangedRules(): Promise<void> {
    for (const file of this.#changed) {
      const folder = this.#files.folderOf(file);
      if (path.basename(file) !== ".gitignore" || folder === undefined) continue;
      this.#changed.delete(file);
      if (await this.#files.ignoredIn(folder).hasFolder(path.dirname(file))) continue;
      this.#files.forgetIgnored();
      this.#walked = new Set();
    }
  }

  /** Indexes the files of folders of the workspace. */
  async *#walk(start: Iterable<string>): AsyncGenerator<string> {
    const folders = [...start].map((folder) => ({
      folder,
      ignored: this.#files.ignoredIn(this.#files.folderOf(folder) ?? folder),
    }));
    let entries = 0;
    for (const { folder, ignored } of folders) {
      for (const { name, isFolder } of await this.#files.entriesIn(folder)) {
        if (++entries > mostEntries) return;
        await this.#work.rest();
        const entry = path.join(folder, name);
        if (await ignored.hasEntry(entry, isFolder)) continue;
        // The next folders of the loop, so that the highest come first.
        if (isFolder) folders.push({ folder: entry, ignored });
        else {
          await this.#take(entry);
          yield entry;
        }
      }
    }
  }

  async #takeChanged(file: string): Promise<void> {
    const folder = this.#files.folderOf(file);
    const ignored = folder !== undefined ? this.#files.ignoredIn(folder) : undefined;
    if (ignored && !(await ignored.hasFile(file))) await this.#take(file);
    else this.#forget(file);
    if (this.#indexed.has(file)) return;
    // A folder is made, deleted or renamed as one.
    const found = new Set<string>();
    if (ignored && (await this.#files.isFolder(file)) && !(await ignored.hasFolder(file))) {
      for await (const each of this.#walk([file])) found.add(each);
    }
    for (const each of this.#indexed.keys()) {
      if (each.startsWith(file + path.sep) && !found.has(each)) this.#forget(each);
    }
  }

  async #take(file: string): Promise<void> {
    const known = this.#indexed.get(file);
    const read = await this.#files.read(file, known?.changed);
    if (read === "unchanged") return;
    this.#forget(file);
    if (!read || this.#index.size + read.chunks.length > mostChunks) return;
    const numbers = read.chunks.map(({ terms }, position) => {
      this.#places.push({ file, position });
      return this.#index.add(terms);
    });
    this.#indexed.set(file, { changed: read.changed, numbers });
  }

  #forget(file: string): void {
    for (const number of this.#indexed.get(file)?.numbers ?? []) this.#index.remove(number);
    this.#indexed.delete(file);
  }

  #clear(): void {
    this.#index = new InvertedIndex();
    this.#places = [];
    this.#indexed.clear();
    this.#walked = new Set();
  }
}
