// What the scripts ask of the operating system: find a program, run one, show a page.

import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { env, platform } from "node:process";

/** The path of the first of these programs that is on the PATH. */
export function findProgram(...names: string[]): string | undefined {
  const suffixes = platform === "win32" ? [".exe", ".cmd"] : [""];
  const folders = (env["PATH"] ?? "").split(path.delimiter).filter(Boolean);
  const files = names.flatMap((name) =>
    folders.flatMap((folder) => suffixes.map((end) => path.join(folder, name + end))),
  );
  return files.find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface RunOptions {
  readonly shell?: boolean;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end and shows its output. Rejects when it fails. */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  // A shell would take paths apart at their spaces.
  const [program = command, ...words] = [command, ...args].map((word) => (options.shell ? `"${word}"` : word));
  const child = spawn(program, words, { stdio: ["ignore", "inherit", "inherit"], ...options });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${[command, ...args].join(" ")} ended with ${String(signal ?? code)}`));
    });
  });
}

/** Where there is no browser to open, the printed address serves. */
export function showInBrowser(address: string): void {
  const opener = { darwin: "open", win32: "explorer" }[platform as string] ?? "xdg-open";
  const child = spawn(opener, [address], { stdio: "ignore", detached: true });
  child.on("error", () => console.log("Open the address in your browser."));
  child.unref();
}
