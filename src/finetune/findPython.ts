// A Python that the libraries of fine-tuning run on.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Python {
  readonly program: string;
  readonly args: readonly string[];
}

const run = promisify(execFile);

/** The names that systems have for it; Windows has a launcher. */
const candidates: readonly Python[] = [
  { program: "python3", args: [] },
  { program: "python", args: [] },
  { program: "py", args: ["-3"] },
];

/**
 * undefined where there is none of version 3.10 or later.
 * @param cwd where it runs: Windows looks for programs there, too
 */
export async function findPython(cwd: string): Promise<Python | undefined> {
  for (const { program, args } of candidates) {
    const version = await run(program, [...args, "--version"], { cwd, timeout: 20_000 }).catch(() => undefined);
    if (version && isNewEnough(version.stdout)) return { program, args };
  }
  return undefined;
}

/** @param words such as “Python 3.12.1” */
function isNewEnough(words: string): boolean {
  const [, major = 0, minor = 0] = (/^Python (\d+)\.(\d+)/.exec(words) ?? []).map(Number);
  return major > 3 || (major === 3 && minor >= 10);
}
