// Finds the bubblewrap that code of models runs in, and gets Debian's into the cache where there is none.

import path from "node:path";
import process, { env } from "node:process";

import { unpackSystemPackages } from "./apt.ts";
import { installOnce } from "./install.mjs";
import { findProgram } from "./system.ts";

/** Puts it on the PATH of this process and of those that it starts, unless it is there. */
export async function provideBubblewrap(): Promise<void> {
  if (findProgram("bwrap") !== undefined) return;
  const root = await installOnce(`bubblewrap-debian-${process.arch}`, (draft) =>
    unpackSystemPackages(draft, "bubblewrap"),
  ).catch((cause: unknown) => {
    throw new Error("A test needs bubblewrap, which cannot be fetched from Debian. Install it.", { cause });
  });
  env["PATH"] = `${env["PATH"] ?? ""}${path.delimiter}${path.join(root, "usr/bin")}`;
}
