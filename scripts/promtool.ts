// Finds Prometheus' promtool, which tests check figures with, and gets Debian's into the cache where there is none.

import fs from "node:fs";
import path from "node:path";
import process, { env } from "node:process";

import { unpackSystemPackages } from "./apt.ts";
import { installOnce } from "./install.mjs";
import { findProgram, isExecutable } from "./system.ts";

/** The program that FALCON_PROMTOOL names, that of the system, or Debian's, unpacked only. */
export async function findPromtool(): Promise<string> {
  const chosen = env["FALCON_PROMTOOL"];
  if (chosen && !isExecutable(chosen)) throw new Error(`FALCON_PROMTOOL names ${chosen}, which is no program.`);
  return chosen || (findProgram("promtool") ?? unpackedPromtool());
}

async function unpackedPromtool(): Promise<string> {
  const root = await installOnce(`promtool-debian-${process.arch}`, unpackPromtool).catch((cause: unknown) => {
    const mend = "Install Prometheus, or name its promtool in the environment variable FALCON_PROMTOOL.";
    throw new Error(`A test needs promtool, which cannot be fetched from Debian. ${mend}`, { cause });
  });
  return path.join(root, "promtool");
}

/** Of 300 megabytes one program is of use. */
async function unpackPromtool(folder: string): Promise<void> {
  await unpackSystemPackages(folder, "prometheus");
  fs.renameSync(path.join(folder, "usr/bin/promtool"), path.join(folder, "promtool"));
  for (const name of fs.readdirSync(folder)) {
    if (name !== "promtool") fs.rmSync(path.join(folder, name), { recursive: true });
  }
}
