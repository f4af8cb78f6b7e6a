// The workspace's files that may go with a message: those that neither VS Code's search nor git leaves out.

import path from "node:path";

import { FileType, RelativePattern, Uri, l10n, workspace, type TextDocument, type WorkspaceFolder } from "vscode";

import { UserError } from "../../problems.ts";
import { oneLine, plainName } from "../../shared/plainText.ts";
import { filesInGit } from "./git.ts";
import { isInside } from "./gitProgram.ts";
import { matchHiddenFiles } from "./hiddenFiles.ts";

/** Files that are listed at most. */
const mostFiles = 50_000;
/** A file of more bytes is not read as a part of something else. */
const largestFile = 500_000;
/** Milliseconds for which a list holds: one types some letters meanwhile. */
const freshTime = 10_000;

export class WorkspaceFiles {
  #listed: { readonly at: number; readonly files: Promise<readonly Uri[]> } | undefined;

  /** Without those that git ignores, or the settings hide. */
  list(): Promise<readonly Uri[]> {
    if (this.#listed && Date.now() - this.#listed.at < freshTime) return this.#listed.files;
    const files = listWorkspace();
    this.#listed = { at: Date.now(), files };
    return files;
  }

  /** Those that are there now, for what is done once. */
  listAnew(): Promise<readonly Uri[]> {
    this.#listed = undefined;
    return this.list();
  }

  async inFolder(folder: Uri): Promise<readonly Uri[]> {
    const start = `${folder.path.replace(/\/$/, "")}/`;
    return (await this.list()).filter((uri) => uri.scheme === folder.scheme && uri.path.startsWith(start));
  }
}

async function listWorkspace(): Promise<readonly Uri[]> {
  const inGit = await filesInGit();
  const lists = (workspace.workspaceFolders ?? []).map((folder) => listFolder(folder, inGit));
  const all = new Map((await Promise.all(lists)).flat().map((uri) => [uri.toString(), uri]));
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, mostFiles);
}

/** Git lists what it knows, so that what it ignores takes no room; VS Code's search finds the rest. */
async function listFolder(
  folder: WorkspaceFolder,
  inGit: ReadonlyMap<string, readonly string[]>,
): Promise<readonly Uri[]> {
  const root = folder.uri.fsPath;
  const repositories = [...inGit].filter(([each]) => each === root || isInside(root, each) || isInside(each, root));
  const isHidden = matchHiddenFiles(hiddenGlobs());
  const listed = repositories
    .flatMap(([, files]) => files)
    // A repository in another one is an entry of that, too.
    .filter((file) => isInside(root, file) && !inGit.has(file))
    .filter((file) => !isHidden(path.relative(root, file).split(path.sep).join("/")))
    .map((file) => Uri.file(file));
  const roots = repositories.map(([each]) => each);
  if (roots.some((each) => each === root || isInside(each, root))) return listed;
  const below = roots.map((each) => `${path.relative(root, each).split(path.sep).join("/")}/**`);
  const excluded = [...hiddenGlobs(), ...below];
  const glob = excluded.length > 0 ? `{${excluded.join(",")}}` : undefined;
  const found = await workspace.findFiles(new RelativePattern(folder, "**/*"), glob, mostFiles);
  return [...listed, ...found.filter(({ fsPath }) => !roots.some((each) => isInside(each, fsPath)))];
}

/** As the settings of VS Code's search and explorer have it. */
function hiddenGlobs(): string[] {
  const settings = ["files.exclude", "search.exclude"].map((key) => workspace.getConfiguration().get<object>(key, {}));
  return settings.flatMap((setting) =>
    Object.entries(setting).flatMap(([glob, isExcluded]: [string, unknown]) => (isExcluded === true ? [glob] : [])),
  );
}

/** @throws UserError when it has no text to show */
export async function openFile(uri: Uri): Promise<TextDocument> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    throw new UserError(l10n.t("{0} cannot be attached: it is no text, too large, or gone.", plainName(uri.path)));
  }
}

/** A file's path as a model reads it: a name may hold line breaks, and what follows one would be no name. */
export function pathOf(uri: Uri): string {
  return oneLine(workspace.asRelativePath(uri));
}

export async function isFile(uri: Uri): Promise<boolean> {
  try {
    return ((await workspace.fs.stat(uri)).type & FileType.File) !== 0;
  } catch {
    return false;
  }
}

/** A file's text as its editor has it, else as the disk has it; undefined for what is large, binary or gone. */
export async function readText(uri: Uri): Promise<string | undefined> {
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  try {
    if ((await workspace.fs.stat(uri)).size > largestFile) return undefined;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await workspace.fs.readFile(uri));
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
