// The workspace's files that may go with a message: those that neither VS Code's search nor git leaves out.

import { FileType, RelativePattern, l10n, workspace, type TextDocument, type Uri } from "vscode";

import { UserError } from "../../problems.ts";
import { plainName } from "../../shared/plainText.ts";
import { withoutIgnored } from "./git.ts";

/** Files that are listed at most. */
const mostFiles = 20_000;
/** A file of more bytes is not read as a part of something else. */
const largestFile = 500_000;
/** Milliseconds for which a list holds: one types some letters meanwhile. */
const freshTime = 10_000;

export class WorkspaceFiles {
  #listed: { readonly at: number; readonly files: Promise<readonly Uri[]> } | undefined;

  /** Also those that git ignores: it is asked of the few that are meant. */
  list(): Promise<readonly Uri[]> {
    if (this.#listed && Date.now() - this.#listed.at < freshTime) return this.#listed.files;
    const files = Promise.resolve(workspace.findFiles("**/*", excludedGlob(), mostFiles));
    this.#listed = { at: Date.now(), files };
    return files;
  }

  /** Those in a folder, at most so many, without what git ignores and without what `isExcluded` tells. */
  async inFolder(folder: Uri, most: number, isExcluded: (uri: Uri) => boolean): Promise<readonly Uri[]> {
    const found = await workspace.findFiles(new RelativePattern(folder, "**/*"), excludedGlob(), most);
    const sorted = [...found].sort((a, b) => (a.path < b.path ? -1 : 1));
    return (await withoutIgnored(sorted)).filter((uri) => !isExcluded(uri));
  }
}

/** As the settings of VS Code's search and explorer have it. */
function excludedGlob(): string | undefined {
  const settings = ["files.exclude", "search.exclude"].map((key) => workspace.getConfiguration().get<object>(key, {}));
  const globs = settings.flatMap((setting) =>
    Object.entries(setting).flatMap(([glob, isExcluded]: [string, unknown]) => (isExcluded === true ? [glob] : [])),
  );
  return globs.length > 0 ? `{${globs.join(",")}}` : undefined;
}

/** @throws UserError when it has no text to show */
export async function openFile(uri: Uri): Promise<TextDocument> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    throw new UserError(l10n.t("{0} cannot be attached: it is no text, too large, or gone.", plainName(uri.path)));
  }
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
