// Finds the llama-server that tests talk to, and gets Debian's into the cache where there is none.

import fs from "node:fs";
import path from "node:path";
import process, { env } from "node:process";

import { unpackPackagesOf } from "./apt.ts";
import { installOnce } from "./install.mjs";
import { findProgram, isExecutable } from "./system.ts";

/** A program with the arguments that come before its own, and what its environment needs. */
export interface LlamaServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The program that FALCON_LLAMA_SERVER names, that of the system, or Debian's, unpacked only. */
export async function findLlamaServer(): Promise<LlamaServer> {
  const chosen = env["FALCON_LLAMA_SERVER"];
  if (chosen && !isExecutable(chosen)) throw new Error(`FALCON_LLAMA_SERVER names ${chosen}, which is no program.`);
  const found = chosen ?? findProgram("llama-server");
  return found === undefined ? unpackedServer() : { command: found, args: [], env: {} };
}

/** Debian has it in its newest release, whose C library older systems lack: the folder's own loader runs it. */
async function unpackedServer(): Promise<LlamaServer> {
  try {
    const root = await installOnce(`llama-server-debian-${process.arch}`, (draft) =>
      unpackPackagesOf("sid", draft, "llama.cpp"),
    );
    const only = (pattern: string) => {
      const [first] = fs.globSync(pattern, { cwd: root }).sort();
      if (first === undefined) throw new Error(`${root} holds no ${pattern}.`);
      return path.join(root, first);
    };
    // Of the variants for processors the one that runs on all of them.
    const backend = only(process.arch === "x64" ? "usr/lib/**/libggml-cpu-x64.so" : "usr/lib/**/libggml-cpu*.so");
    const libraries = path.dirname(only("usr/lib/*/libc.so.6"));
    const own = path.dirname(only("usr/lib/*/llama/libllama*.so*"));
    return {
      command: only("usr/lib*/**/ld-linux-*.so.*"),
      args: ["--library-path", [own, libraries].join(path.delimiter), only("usr/bin/llama-server")],
      env: { GGML_BACKEND_PATH: backend },
    };
  } catch (cause) {
    throw new Error(
      "The tests of engines elsewhere need llama.cpp's llama-server. Install it, or name one in the environment " +
        "variable FALCON_LLAMA_SERVER.",
      { cause },
    );
  }
}
