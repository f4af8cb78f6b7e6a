// What git says of the workspace, by the program that VS Code's own git extension has found.

import { extensions, l10n, workspace, type Uri } from "vscode";

import { UserError } from "../../problems.ts";
import { byInnermost, gitProgram, ignoredFiles, listFiles, repositoryOf, type Git } from "./gitProgram.ts";

/** What is used of the git extension's API, version 1. */
interface GitApi {
  readonly git: { readonly path: string };
  readonly repositories: readonly Repository[];
}

export interface Repository {
  readonly rootUri: Uri;
  /** The message of the next commit. */
  readonly inputBox: { value: string };
  readonly ui: { readonly selected: boolean };
}

interface OpenGit {
  readonly git: Git;
  /** The repositories that hold the workspace's folders, and those that VS Code has opened. */
  readonly roots: readonly string[];
  /** The folders of the workspace that are in one, and the roots that VS Code has opened. */
  readonly folders: readonly string[];
}

/** Undefined where there is no git, or the workspace is not trusted: its configuration may name programs that git runs. */
export async function openGit(): Promise<OpenGit | undefined> {
  const api = await openApi();
  if (!api) return undefined;
  const git = gitProgram(api.git.path);
  const opened = api.repositories.map(({ rootUri }) => rootUri.fsPath);
  const local = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  const found = await Promise.all(
    local.map(async ({ uri }) => ({ folder: uri.fsPath, root: await repositoryOf(git, uri.fsPath) })),
  );
  // VS Code opens the repositories of the workspace's folders some time after its start, if at all.
  const own = found.flatMap(({ folder, root }) => (root === undefined ? [] : [{ folder, root }]));
  return {
    git,
    roots: [...new Set([...opened, ...own.map(({ root }) => root)])],
    folders: [...new Set([...opened, ...own.map(({ folder }) => folder)])],
  };
}

async function openApi(): Promise<GitApi | undefined> {
  if (!workspace.isTrusted) return undefined;
  const extension = extensions.getExtension<{ getAPI(version: 1): GitApi }>("vscode.git");
  try {
    return (await extension?.activate())?.getAPI(1);
  } catch {
    // The extension throws where git is switched off.
    return undefined;
  }
}

/** The path of the program; undefined as for `openGit`. */
export async function gitPath(): Promise<string | undefined> {
  return (await openApi())?.git.path;
}

export async function gitRepositories(): Promise<readonly Repository[]> {
  return (await openApi())?.repositories ?? [];
}

/** Why git tells nothing of the workspace. */
export async function gitRefusal(): Promise<UserError> {
  if (!workspace.isTrusted) {
    return new UserError(
      l10n.t("This workspace is not trusted, so that git is not run in it. Trust the workspace first."),
      { action: "manageTrust" },
    );
  }
  if (!(await openApi())) {
    return new UserError(
      l10n.t("VS Code has no git to run. Install git, or switch on the setting {0}.", "git.enabled"),
    );
  }
  return new UserError(l10n.t("The workspace is in no git repository. Open a folder that is in one."));
}

/** What git writes, or undefined where it fails. What is too long ends where the limit is. */
export async function runGit(folder: string, args: readonly string[]): Promise<string | undefined> {
  const api = await openApi();
  const output = api && (await gitProgram(api.git.path)(folder, args));
  return output?.code === 0 ? output.text : undefined;
}

/** The files without those that git ignores; all of them where there is no git. */
export async function withoutIgnored(uris: readonly Uri[]): Promise<readonly Uri[]> {
  const opened = await openGit();
  if (!opened) return uris;
  const paths = uris.filter(({ scheme }) => scheme === "file").map(({ fsPath }) => fsPath);
  const ignored = new Set<string>();
  for (const [folder, files] of byInnermost(opened.folders, paths)) {
    if (files.length === 0) continue;
    for (const file of await ignoredFiles(opened.git, folder, files)) ignored.add(file);
  }
  return uris.filter(({ fsPath }) => !ignored.has(fsPath));
}

/** Folders of git, each with its files but those that are ignored. */
export async function filesInGit(): Promise<ReadonlyMap<string, readonly string[]>> {
  const opened = await openGit();
  if (!opened) return new Map();
  const lists = opened.folders.map(async (folder) => [folder, await listFiles(opened.git, folder)] as const);
  return new Map(await Promise.all(lists));
}
