// Which files of a folder nobody wrote: what its .gitignore files name, dependencies, and what begins with a dot.

import { open, stat } from "node:fs/promises";
import path from "node:path";

// Git's rules have more cases than are worth writing again; ESLint applies them with the same library.
import ignore, { type Ignore } from "ignore";

const skippedFolders = new Set(["node_modules", "bower_components", "vendor", "__pycache__", "venv", "site-packages"]);
/** Bytes of a .gitignore that are read. */
const longestRules = 32_000;
/** A pattern with more stars takes a time that grows with their power. */
const mostStars = 4;

export class IgnoredFiles {
  readonly #root: string;
  readonly #rules = new Map<string, Promise<Ignore | undefined>>();

  /** @param root the folder whose .gitignore files hold, and those below it */
  constructor(root: string) {
    this.#root = root;
  }

  /** Of a file or folder in a folder that is itself not ignored. */
  async hasEntry(entry: string, isFolder: boolean): Promise<boolean> {
    const name = path.basename(entry);
    if (name.startsWith(".") || (isFolder && skippedFolders.has(name))) return true;
    let isIgnored = false;
    for (const folder of this.#foldersTo(entry)) {
      const rules = await this.#rulesIn(folder);
      const relative = path.relative(folder, entry).replaceAll(path.sep, "/");
      const result = rules?.test(isFolder ? `${relative}/` : relative);
      if (result?.ignored === true) isIgnored = true;
      if (result?.unignored === true) isIgnored = false;
    }
    return isIgnored;
  }

  /** Of a file anywhere below the root. */
  async hasFile(file: string): Promise<boolean> {
    for (const folder of this.#foldersTo(file).slice(1)) if (await this.hasEntry(folder, true)) return true;
    return this.hasEntry(file, false);
  }

  /** From the root to the folder that an entry lies in. */
  #foldersTo(entry: string): string[] {
    const names = path.relative(this.#root, path.dirname(entry)).split(path.sep).filter(Boolean);
    return [this.#root, ...names.map((_, i) => path.join(this.#root, ...names.slice(0, i + 1)))];
  }

  #rulesIn(folder: string): Promise<Ignore | undefined> {
    const rules = this.#rules.get(folder) ?? readRules(path.join(folder, ".gitignore"));
    this.#rules.set(folder, rules);
    return rules;
  }
}

async function readRules(file: string): Promise<Ignore | undefined> {
  try {
    // To open what is no file, such as a pipe, may take for ever.
    if (!(await stat(file)).isFile()) return undefined;
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(longestRules), 0, longestRules, 0);
    const lines = buffer.toString("utf8", 0, bytesRead).split(/\r?\n/);
    return ignore().add(lines.filter((line) => line.split("*").length - 1 <= mostStars));
  } catch {
    return undefined;
  }
}
