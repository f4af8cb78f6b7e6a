// Files and symbols of the workspace that an answer names, as places that exist.

import { Location, Position, Uri, window, workspace } from "vscode";

import { isFile, type WorkspaceFiles } from "./workspaceFiles.ts";
import { symbolsNamed } from "./outline.ts";

/** Names of symbols that are looked for in one answer: each asks the extensions of all languages. */
const mostSymbols = 30;

/** A path, perhaps with a line: `src/main.ts:12`, `main.ts:12-20`. */
const pathPattern = /^([^:]+\.\w{1,10})(?::(\d{1,7})(?:[-:]\d{1,7})?)?$/;
const symbolPattern = /^(?:[\w$]+\.)*([A-Za-z_$][\w$]{2,})(?:\(\))?$/;

export class Places {
  readonly #files: WorkspaceFiles;

  constructor(files: WorkspaceFiles) {
    this.#files = files;
  }

  /** Those of the names that are there. */
  async existing(names: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    let symbols = 0;
    for (const name of names) {
      const isSymbol = !pathPattern.test(name) && symbolPattern.test(name);
      if (isSymbol && ++symbols > mostSymbols) continue;
      if (await this.#find(name)) found.push(name);
    }
    return found;
  }

  /** False where it is not there any more. */
  async open(name: string): Promise<boolean> {
    const place = await this.#find(name);
    if (!place) return false;
    await window.showTextDocument(place.uri, { selection: place.range });
    return true;
  }

  async #find(name: string): Promise<Location | undefined> {
    const [, path, line] = pathPattern.exec(name) ?? [];
    const file = path === undefined ? undefined : await this.#findFile(path.replaceAll("\\", "/"));
    if (file) return new Location(file, new Position(Math.max(Number(line ?? 1) - 1, 0), 0));
    const [, symbol] = symbolPattern.exec(name) ?? [];
    return symbol === undefined ? undefined : (await symbolsNamed(symbol)).find(isInWorkspace);
  }

  /** By its path in the workspace, else by the end of it where that is one file's alone. */
  async #findFile(path: string): Promise<Uri | undefined> {
    const names = path.split("/").filter((name) => name !== "" && name !== ".");
    if (names.length === 0 || names.includes("..")) return undefined;
    for (const { uri } of workspace.workspaceFolders ?? []) {
      const file = Uri.joinPath(uri, ...names);
      if (await isFile(file)) return file;
    }
    const ending = `/${names.join("/")}`;
    const files = (await this.#files.list()).filter((uri) => uri.path.endsWith(ending));
    return files.length === 1 ? files[0] : undefined;
  }
}

function isInWorkspace({ uri }: Location): boolean {
  return workspace.getWorkspaceFolder(uri) !== undefined;
}
