// Files of like name: a module's test and a test's module, a component's template and style.

import path from "node:path";

import type { CompletionRequest } from "../request.ts";
import type { Chunk } from "./chunks.ts";
import type { ContextProvider } from "./provider.ts";
import type { SourceFiles } from "./workspaceFiles.ts";

const testFolders = ["test", "tests", "__tests__", "spec"];
const mostFiles = 4;

export class CounterpartFiles implements ContextProvider {
  readonly name = "counterparts";
  readonly timeLimit = 50;
  readonly #files: SourceFiles;

  constructor(files: SourceFiles) {
    this.#files = files;
  }

  async find({ uri }: CompletionRequest): Promise<Chunk[]> {
    const file = this.#files.pathOf(uri);
    const subject = file === undefined ? "" : subjectOf(path.basename(file));
    if (file === undefined || subject === "") return [];
    const folder = path.dirname(file);
    const parent = path.dirname(folder);
    const folders = [
      folder,
      parent,
      ...[folder, parent].flatMap((each) => testFolders.map((name) => path.join(each, name))),
    ];
    // A test lies beside, below or above its module, or in a folder beside that of its module.
    if (testFolders.includes(path.basename(folder))) folders.push(path.join(parent, "src"), path.join(parent, "lib"));
    const listed = await Promise.all(
      folders.map(async (each) => (await this.#files.namesIn(each)).map((name) => path.join(each, name))),
    );
    const alike = listed.flat().filter((each) => each !== file && subjectOf(path.basename(each)) === subject);
    return (await Promise.all(alike.slice(0, mostFiles).map((each) => this.#files.chunksOf(each)))).flat();
  }
}

/**
 * What a file is about by its name: "wheel" of `wheel.ts`, `wheel.test.ts`, `test_wheel.py` and `wheel_spec.rb`; empty for one
 * that begins with a dot, which has no other of its kind and may hold secrets.
 */
function subjectOf(name: string): string {
  if (name.startsWith(".")) return "";
  const stem = name.replace(/(?:\.(?:test|spec|module|d))?\.[^.]+$/, "");
  return stem.replace(/^test_|_(?:test|spec)$|(?<=[a-z])(?:Test|Spec)s?$/g, "").toLowerCase();
}
