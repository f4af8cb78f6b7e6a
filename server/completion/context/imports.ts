// The files that the cursor's file imports.

import path from "node:path";

import type { CompletionRequest } from "../request.ts";
import type { Chunk } from "./chunks.ts";
import type { ContextProvider } from "./provider.ts";
import type { Documents } from "./visited.ts";
import type { SourceFiles } from "./workspaceFiles.ts";

/** Imports stand at the head of a file. */
const longestHead = 20_000;
const mostFiles = 12;
/** Most imports lead to packages or nowhere, and each of Python's may mean a path below any of several folders. */
const mostTargets = 120;

export class ImportedFiles implements ContextProvider {
  readonly name = "imports";
  readonly timeLimit = 50;
  readonly #documents: Documents;
  readonly #files: SourceFiles;

  constructor(documents: Documents, files: SourceFiles) {
    this.#documents = documents;
    this.#files = files;
  }

  async find({ uri }: CompletionRequest, signal: AbortSignal): Promise<Chunk[]> {
    const file = this.#files.pathOf(uri);
    const document = this.#documents.get(uri);
    if (file === undefined || !document) return [];
    const head = document.getText({ start: document.positionAt(0), end: document.positionAt(longestHead) });
    const listings = new Map<string, Promise<readonly string[]>>();
    const namesIn = (folder: string) => {
      const names = listings.get(folder) ?? this.#files.namesIn(folder);
      listings.set(folder, names);
      return names;
    };
    const found = new Set<string>();
    for (const target of [...new Set(importedPaths(head, file))].slice(0, mostTargets)) {
      if (found.size >= mostFiles || signal.aborted) break;
      const resolved = await resolve(target, file, namesIn);
      if (resolved !== undefined) found.add(resolved);
    }
    return (await Promise.all([...found].map((each) => this.#files.chunksOf(each)))).flat();
  }
}

/** The file that an import without an extension, with that of what it compiles to, or of a folder means. */
async function resolve(
  target: string,
  from: string,
  namesIn: (folder: string) => Promise<readonly string[]>,
): Promise<string | undefined> {
  const names = await namesIn(path.dirname(target));
  const base = path.basename(target);
  // The shortest first: `wheel.ts` before `wheel.d.ts`.
  const alike = names.filter((name) => name === base || isModule(name, base)).sort((a, b) => a.length - b.length);
  const isSameKind = (name: string) => path.extname(name) === path.extname(from);
  const name = alike.find((each) => each === base && path.extname(each) !== "") ?? alike.find(isSameKind) ?? alike[0];
  if (name !== undefined && name !== base) return path.join(path.dirname(target), name);
  if (name !== undefined && path.extname(name) !== "") return target;
  const inside = await namesIn(target);
  const index = inside.find((each) => /^(?:index\.[cm]?[jt]sx?|__init__\.py|_index\.s[ac]ss)$/.test(each));
  return index === undefined ? undefined : path.join(target, index);
}

/** `_mixins.scss` is the module "mixins", `wheel.ts` is "wheel" and "wheel.js". */
function isModule(name: string, base: string): boolean {
  const module = base.replace(/\.[cm]?jsx?$/, "");
  // Quick where a folder has thousands of other names.
  if (module === "" || !name.includes(module)) return false;
  const stem = name.replace(/^_(?=.*\.s[ac]ss$)/, "").replace(/(?:\.d)?\.[^.]+$/, "");
  return path.extname(name) !== "" && stem === module;
}

const quoted =
  /\b(?:from|import|require|use|forward)\s{0,8}\(?\s{0,8}["'](\.{1,2}\/[^"'\n]{1,200})["']|#\s{0,8}include\s{0,8}"([^"\n]{1,200})"/g;
const python = /^[ \t]{0,40}from[ \t]{1,8}(\.{0,8})([\w.]{0,200})[ \t]{1,8}import[ \t]{1,8}\(?([^\n]{0,400})/gm;

/** Where the imports of a text lead, as paths that may lack their extension. */
function importedPaths(head: string, file: string): string[] {
  const folder = path.dirname(file);
  const plain = [...head.matchAll(quoted)].map(([, module, header]) => path.resolve(folder, module ?? header ?? ""));
  if (path.extname(file) !== ".py") return plain;
  return [...head.matchAll(python)].flatMap(([, dots = "", module = "", names = ""]) => {
    const steps = module.split(".").filter((step) => step !== "");
    if (dots !== "") {
      const start = path.resolve(folder, ...Array.from(dots.slice(1), () => ".."));
      if (steps.length > 0) return [path.join(start, ...steps)];
      return [...names.matchAll(/\w{1,100}/g)].map(([name]) => path.join(start, name));
    }
    // The root of the packages is one of the folders above.
    return ancestors(folder).map((root) => path.join(root, ...steps));
  });
}

const mostAncestors = 6;

function ancestors(folder: string): string[] {
  return Array.from({ length: mostAncestors }, (_, i) =>
    path.resolve(folder, ...Array.from({ length: i }, () => "..")),
  );
}
