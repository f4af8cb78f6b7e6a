// llama.cpp's programs with node-llama-cpp's binaries in place of those that they were built with, so that a comparison is
// of what is around llama.cpp and not of two compilers.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";

import { installOnce } from "../scripts/install.mjs";
import { binaryFolders, parseTarget } from "../scripts/targets.ts";

/** What the programs link to, by the names that llama.cpp's own build gives. */
const libraries = ["libllama-common", "libllama", "libggml", "libggml-base"];

/** What the programs are told so that they work where our engine does, with flash attention where it has it. */
export function deviceOptions(gpu: boolean): readonly string[] {
  return gpu ? ["--n-gpu-layers", "999", "--flash-attn", "auto"] : ["--n-gpu-layers", "0", "--flash-attn", "off"];
}

/**
 * A program of a build of the same release with shared libraries (CONTRIBUTING.md says how to get one), as one that runs with
 * our binaries, those for GPUs or for the CPU alone. Elsewhere than on Linux, where libraries are found otherwise, it is the
 * program itself.
 */
export async function sameBuild(program: string, gpu: boolean): Promise<string> {
  if (process.platform !== "linux") return program;
  const [cpu = "", vulkan = cpu] = await binaryFolders(parseTarget(), "");
  const binaries = gpu ? vulkan : cpu;
  const [ours = ""] = fs.globSync("bins/*", { cwd: binaries }).map((folder) => path.join(binaries, folder));
  const theirs = path.dirname(fs.realpathSync(program));
  const built = String(fs.statSync(program).mtimeMs);
  const identity = createHash("sha256")
    .update([fs.realpathSync(ours), theirs, built].join("\n"))
    .digest("hex");
  const name = path.basename(program);
  const folder = await installOnce(`${name}-${identity.slice(0, 16)}`, (draft) => {
    linkAll(theirs, draft);
    linkAll(ours, draft);
    for (const library of libraries) {
      const file = fs
        .readdirSync(ours)
        .find((each) => new RegExp(`^${library}(\\.vulkan)?(\\.v[\\d.]+)?\\.so$`).test(each));
      if (file === undefined) throw new Error(`${ours} has no ${library}.`);
      link(path.join(ours, file), path.join(draft, `${library}.so.0`));
    }
    // Not as a link: it loads the library for this processor from the folder that it is in.
    fs.rmSync(path.join(draft, name));
    fs.copyFileSync(program, path.join(draft, `${name}-program`));
    const script = '#!/bin/sh\nhere=$(dirname "$0")\nLD_LIBRARY_PATH=$here exec "$here/NAME-program" "$@"\n';
    fs.writeFileSync(path.join(draft, name), script.replace("NAME", name), { mode: 0o755 });
    return Promise.resolve();
  });
  return path.join(folder, name);
}

function linkAll(from: string, to: string): void {
  for (const file of fs.readdirSync(from)) link(path.join(from, file), path.join(to, file));
}

function link(file: string, as: string): void {
  fs.rmSync(as, { force: true });
  fs.symlinkSync(fs.realpathSync(file), as);
}
