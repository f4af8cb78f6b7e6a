// Git as a program: what it writes, the files that it lists and those that it ignores.

import { execFile } from "node:child_process";
import path from "node:path";
import process from "node:process";

export interface GitOutput {
  /** What it ended with; undefined where it could not be started or took too long. */
  readonly code: number | undefined;
  readonly text: string;
  /** Whether it had more to write. */
  readonly isCut: boolean;
}

export interface GitInput {
  readonly input?: string;
  /** Bytes that are read. */
  readonly longest?: number;
}

export type Git = (folder: string, args: readonly string[], input?: GitInput) => Promise<GitOutput>;

/** Windows looks for a program in the folder that it is started in first: a repository must not bring its own git. */
const startFolder = path.dirname(process.execPath);

export function gitProgram(program: string): Git {
  return (folder, args, { input, longest = 4_000_000 } = {}) =>
    new Promise((resolve) => {
      const options = { cwd: startFolder, maxBuffer: longest, timeout: 20_000, windowsHide: true };
      const child = execFile(program, ["-C", folder, ...args], options, (error, text) => {
        const isCut = error?.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
        const failed = typeof error?.code === "number" ? error.code : undefined;
        resolve({ code: error === null || isCut ? 0 : failed, text, isCut });
      });
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
}

/** The root of the repository that a folder is in. */
export async function repositoryOf(git: Git, folder: string): Promise<string | undefined> {
  const { code, text } = await git(folder, ["rev-parse", "--show-toplevel"]);
  return code === 0 ? path.normalize(text.replace(/\r?\n$/, "")) : undefined;
}

/** The files of a folder that git tracks or would track. Of one where it cannot tell, none. */
export async function listFiles(git: Git, folder: string): Promise<readonly string[]> {
  const args = ["ls-files", "-z", "-t", "--cached", "--deleted", "--others", "--exclude-standard"];
  const { code, text } = await git(folder, args, { longest: 16_000_000 });
  if (code !== 0) return [];
  // Behind the last zero is nothing, or a name that was cut.
  const entries = text.split("\0").slice(0, -1);
  const gone = new Set(entries.filter((entry) => entry.startsWith("R ")).map((entry) => entry.slice(2)));
  const names = new Set(entries.map((entry) => entry.slice(2)));
  // What ends with a slash is another repository.
  return [...names].filter((name) => !gone.has(name) && !name.endsWith("/")).map((name) => path.join(folder, name));
}

/**
 * Those of a folder's files that git ignores, or cannot tell of. It answers nothing at all once a single file is in a
 * submodule or behind a symbolic link: then each file's own folder is asked.
 */
export async function ignoredFiles(git: Git, folder: string, files: readonly string[]): Promise<ReadonlySet<string>> {
  const ignored = await checkIgnored(git, folder, files);
  if (ignored) return new Set(ignored);
  const inFolders = new Map<string, string[]>();
  for (const file of files) {
    const own = path.dirname(file);
    const some = inFolders.get(own);
    if (some) some.push(file);
    else inFolders.set(own, [file]);
  }
  const found: string[] = [];
  for (const [own, some] of inFolders) found.push(...((await checkIgnored(git, own, some)) ?? some));
  return new Set(found);
}

/** Undefined where git fails. */
async function checkIgnored(git: Git, folder: string, files: readonly string[]): Promise<string[] | undefined> {
  // Without the dot, a name that begins with a colon would be an instruction to git.
  const named = (file: string) => `./${path.relative(folder, file).split(path.sep).join("/")}`;
  const names = new Map(files.map((file) => [named(file), file]));
  const input = [...names.keys()].join("\0");
  const { code, text, isCut } = await git(folder, ["check-ignore", "-z", "--stdin"], { input, longest: 16_000_000 });
  if (code === 1) return [];
  return code === 0 && !isCut ? text.split("\0").flatMap((name) => names.get(name) ?? []) : undefined;
}

/** Each file with the innermost of the folders that it is in; not those that are in none. */
export function byInnermost(folders: readonly string[], files: readonly string[]): ReadonlyMap<string, string[]> {
  const longestFirst = [...new Set(folders)].sort((a, b) => b.length - a.length);
  const found = new Map<string, string[]>(longestFirst.map((folder) => [folder, []]));
  for (const file of files) {
    const folder = longestFirst.find((each) => isInside(each, file));
    if (folder !== undefined) found.get(folder)?.push(file);
  }
  return found;
}

export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
