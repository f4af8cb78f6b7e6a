// Git as a program that reads a repository: it changes nothing there, runs nothing that a repository configures, and asks no network.

import { execFile } from "node:child_process";
import process from "node:process";

import { startFolder } from "./startFolder.ts";

export type Git = (
  args: readonly string[],
  options?: { readonly input?: string; readonly longest?: number },
) => Promise<GitOutput>;

export interface GitOutput {
  /** What it ended with; undefined where it could not be started, took too long, or had more to write. */
  readonly code: number | undefined;
  readonly bytes: Buffer;
  /** Whether it had more to write. */
  readonly isCut: boolean;
  /** Why it failed, in its own words. */
  readonly problem: string;
}

const environment = {
  GIT_OPTIONAL_LOCKS: "0",
  // Of a partial clone, what is not here stays where it is. Git before 2.45 knows the second alone, which no configuration overrides.
  ...{ GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "" },
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};
/**
 * Rejects with the signal's reason once that has fired.
 * @param program its path, or a name that the system finds
 * @param folder in the repository, absolute
 */
export function gitIn(program: string, folder: string, signal?: AbortSignal): Git {
  return async (args, { input, longest = 16_000_000 } = {}) => {
    const output = await new Promise<GitOutput>((resolve) => {
      const child = execFile(
        program,
        ["-C", folder, ...args],
        {
          ...{ cwd: startFolder, encoding: "buffer", maxBuffer: longest, timeout: 60_000, windowsHide: true },
          env: { ...process.env, ...environment },
          ...(signal && { signal }),
        },
        (error, bytes, problem) => {
          const code = error === null ? 0 : typeof error.code === "number" ? error.code : undefined;
          const isCut = error?.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
          resolve({ code, bytes, isCut, problem: problem.toString().trim() || (error?.message ?? "") });
        },
      );
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
    signal?.throwIfAborted();
    return output;
  };
}

/** Texts of blobs by their ids: those that are small enough and UTF-8; what else there is has none. */
export async function readBlobs(
  git: Git,
  ids: Iterable<string>,
  largest: number,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for await (const [id, text] of eachBlob(git, ids, largest)) texts.set(id, text);
  return texts;
}

/** The same one by one, so that not all of them are in memory at once. */
export async function* eachBlob(
  git: Git,
  ids: Iterable<string>,
  largest: number,
): AsyncGenerator<readonly [id: string, text: string]> {
  const sizes = await git(["cat-file", "--batch-check"], { input: [...new Set(ids)].join("\n") + "\n" });
  if (sizes.code !== 0) return;
  const small = [...sizes.bytes.toString().matchAll(/^([0-9a-f]+) blob (\d+)$/gm)]
    .map(([, id = "", size]) => ({ id, size: Number(size) }))
    .filter(({ size }) => size <= largest);
  for (const group of groupsOf(small)) {
    const input = group.map(({ id }) => `${id}\n`).join("");
    const { code, bytes } = await git(["cat-file", "--batch"], { input, longest: 2 * mostBytes + 200 * group.length });
    if (code !== 0) continue;
    let start = 0;
    for (const { id, size } of group) {
      // Each is preceded by a line of its own, and followed by a line break.
      const begin = bytes.indexOf(0x0a, start) + 1;
      const text = decode(bytes.subarray(begin, begin + size));
      if (text !== undefined) yield [id, text];
      start = begin + size + 1;
    }
  }
}

/** Read by one run of git. */
const mostBytes = 8_000_000;

function groupsOf<T extends { readonly size: number }>(blobs: readonly T[]): T[][] {
  const groups: T[][] = [];
  let room = 0;
  for (const blob of blobs) {
    if (groups.length === 0 || blob.size > room) {
      groups.push([]);
      room = mostBytes;
    }
    groups.at(-1)?.push(blob);
    room -= blob.size;
  }
  return groups;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Undefined for what is no text. An editor shows no byte order mark, either. */
function decode(bytes: Buffer): string | undefined {
  // A NUL is in binaries alone, and in UTF-16.
  if (bytes.includes(0)) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
