// Finds the Neovim that tests talk to, and gets Debian's into the cache where there is none with inline completion.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process, { env } from "node:process";

import { unpackPackagesOf } from "./apt.ts";
import { installOnce } from "./install.mjs";
import { findProgram } from "./system.ts";

/** A program with the arguments that come before its own, and what its environment needs. */
export interface Neovim {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The program that FALCON_NEOVIM names, that of the system from 0.12 on, or Debian's, unpacked only. */
export async function findNeovim(): Promise<Neovim> {
  const found = env["FALCON_NEOVIM"] ?? findProgram("nvim");
  if (found !== undefined && hasInlineCompletion(found)) return { command: found, args: [], env: {} };
  // The C library is older on other systems: the folder's own loader runs it.
  const root = await installOnce(`neovim-debian-${process.arch}`, (draft) =>
    unpackPackagesOf("sid", draft, "neovim"),
  ).catch((cause: unknown) => {
    const mend = "Install Neovim 0.12 or later, or name one in the environment variable FALCON_NEOVIM.";
    throw new Error(`A test needs Neovim, which cannot be fetched from Debian. ${mend}`, { cause });
  });
  const [loader] = fs.globSync("usr/lib*/**/ld-linux-*.so.*", { cwd: root });
  const [library] = fs.globSync("usr/lib/*/libc.so.6", { cwd: root });
  if (loader === undefined || library === undefined) throw new Error(`${root} holds no C library.`);
  return {
    command: path.join(root, loader),
    args: ["--library-path", path.dirname(path.join(root, library)), path.join(root, "usr/bin/nvim")],
    env: { VIMRUNTIME: path.join(root, "usr/share/nvim/runtime") },
  };
}

function hasInlineCompletion(program: string): boolean {
  const [, major, minor] = /^NVIM v(\d+)\.(\d+)/.exec(execFileSync(program, ["--version"], { encoding: "utf8" })) ?? [];
  return Number(major) > 0 || Number(minor) >= 12;
}
