// Which files of a folder nobody wrote: what git ignores, dependencies, and what begins with a dot.

import { readFile, stat } from "node:fs/promises";
import path from "node:path";

// Git's rules have more cases than are worth writing again; ESLint applies them with the same library.
import ignore, { type Ignore } from "ignore";

import { globalExcludes } from "./globalExcludes.ts";

const skippedFolders = new Set(["node_modules", "bower_components", "vendor", "__pycache__", "venv", "site-packages"]);
/** Bytes of a .gitignore. */
const longestRules = 100_000;
/** A pattern with more runs of stars takes a time that grows with their power. */
const mostStars = 4;

/** Of rules that cannot all be applied: then nothing of their folder is known to be not ignored. */
type Rules = Ignore | "unknown";

export class IgnoredFiles {
  readonly #root: string;
  #repository: Promise<string> | undefined;
  readonly #rules = new Map<string, Promise<Rules>>();

  /** @param root the folder whose .gitignore files hold, and those below it, and above it in its repository */
  constructor(root: string) {
    this.#root = root;
  }

  /** Of a file or folder in a folder that is itself not ignored. */
  async hasEntry(entry: string, isFolder: boolean): Promise<boolean> {
    const name = path.basename(entry);
    if (name.startsWith(".") || (isFolder && skippedFolders.has(name))) return true;
    this.#repository ??= repositoryOf(this.#root);
    const repository = await this.#repository;
    let isIgnored = false;
    for (const folder of foldersTo(entry, repository)) {
      const rules = await this.#rulesIn(folder, repository);
      if (rules === "unknown") return true;
      const relative = path.relative(folder, entry).replaceAll(path.sep, "/");
      const result = rules.test(isFolder ? `${relative}/` : relative);
      if (result.ignored) isIgnored = true;
      if (result.unignored) isIgnored = false;
    }
    return isIgnored;
  }

  /** Of a file anywhere below the root. */
  async hasFile(file: string): Promise<boolean> {
    return (await this.hasFolder(path.dirname(file))) || (await this.hasEntry(file, false));
  }

  /** Of the root, which is not, or of a folder anywhere below it. */
  async hasFolder(folder: string): Promise<boolean> {
    const folders = foldersTo(path.join(folder, "x"), this.#root).slice(1);
    for (const each of folders) if (await this.hasEntry(each, true)) return true;
    return false;
  }

  #rulesIn(folder: string, repository: string): Promise<Rules> {
    const rules = this.#rules.get(folder) ?? readRulesIn(folder, folder === repository);
    this.#rules.set(folder, rules);
    return rules;
  }
}

/** From a folder to the one that an entry lies in. */
function foldersTo(entry: string, from: string): string[] {
  const names = path.relative(from, path.dirname(entry)).split(path.sep).filter(Boolean);
  return [from, ...names.map((_, i) => path.join(from, ...names.slice(0, i + 1)))];
}

/** The folder with the repository that a folder lies in; itself where it lies in none. */
async function repositoryOf(folder: string): Promise<string> {
  for (const each of foldersTo(path.join(folder, "x"), path.parse(folder).root).reverse()) {
    if (await stat(path.join(each, ".git")).catch(() => undefined)) return each;
  }
  return folder;
}

async function readRulesIn(folder: string, isRepository: boolean): Promise<Rules> {
  // What comes later holds before what comes first.
  const ofRepository = isRepository ? [await globalExcludes(folder), path.join(folder, ".git/info/exclude")] : [];
  return readRules([...ofRepository, path.join(folder, ".gitignore")]);
}

async function readRules(files: readonly string[]): Promise<Rules> {
  const rules = ignore();
  for (const file of files) {
    const stats = await stat(file).catch(() => undefined);
    // To read what is no file, such as a pipe, may take for ever.
    if (!stats?.isFile()) continue;
    if (stats.size > longestRules) return "unknown";
    const text = await readFile(file, "utf8").catch(() => undefined);
    const lines = text?.split(/\r?\n/).filter((line) => !line.startsWith("#"));
    if (!lines || lines.some((line) => starsOf(line) > mostStars)) return "unknown";
    rules.add(lines);
  }
  return rules;
}

/** Runs of stars in a pattern, but for the one at its beginning that means any folder. */
function starsOf(pattern: string): number {
  return pattern.replace(/^!?\*\*\//, "").match(/\*+/g)?.length ?? 0;
}
