// What git says of the workspace, by the program that VS Code's own git extension has found.

import { execFile } from "node:child_process";
import path from "node:path";

import { extensions, workspace, type Uri } from "vscode";

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

/** Bytes of a diff that are read; the rest is left out. */
const longestOutput = 4_000_000;

/** Undefined where there is no git, or the workspace is not trusted: its configuration may name programs that git runs. */
async function openGit(): Promise<GitApi | undefined> {
  if (!workspace.isTrusted) return undefined;
  const extension = extensions.getExtension<{ getAPI(version: 1): GitApi }>("vscode.git");
  try {
    return (await extension?.activate())?.getAPI(1);
  } catch {
    // The extension throws where git is switched off.
    return undefined;
  }
}

export async function gitRepositories(): Promise<readonly Repository[]> {
  return (await openGit())?.repositories ?? [];
}

export async function gitRoots(): Promise<readonly string[]> {
  return (await gitRepositories()).map(({ rootUri }) => rootUri.fsPath);
}

/** What git writes, or undefined where it fails. What is too long ends where the limit is. */
export async function runGit(folder: string, args: readonly string[], input?: string): Promise<string | undefined> {
  const api = await openGit();
  if (!api) return undefined;
  return new Promise((resolve) => {
    const child = execFile(
      api.git.path,
      [...args],
      { cwd: folder, maxBuffer: longestOutput, timeout: 20_000, windowsHide: true },
      (error, stdout) => {
        const isCut = error?.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
        resolve(error === null || isCut ? stdout : undefined);
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** The files without those that git ignores; all of them where there is no git. */
export async function withoutIgnored(uris: readonly Uri[]): Promise<readonly Uri[]> {
  const ignored = new Set<string>();
  for (const root of await gitRoots()) {
    const inside = uris.map(({ fsPath }) => fsPath).filter((file) => isInside(root, file));
    if (inside.length === 0) continue;
    const found = await runGit(root, ["check-ignore", "-z", "--stdin"], inside.join("\0"));
    for (const file of found?.split("\0") ?? []) ignored.add(path.normalize(file));
  }
  return uris.filter(({ fsPath }) => !ignored.has(path.normalize(fsPath)));
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}
