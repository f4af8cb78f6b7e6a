// CUDA's binaries are not installed beside node-llama-cpp, but downloaded to a folder of their own. node-llama-cpp imports them
// by the name of their package, and has no option for another place: Node is told where that name leads.

import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";
import { arch, platform } from "node:process";
import { pathToFileURL } from "node:url";

const name = `${platform === "win32" ? "win" : platform}-${arch}-cuda`;

/**
 * Returns whether there are binaries.
 * @param version of node-llama-cpp, which takes binaries of no other
 */
export function useDownloadedCuda(folder: string, version: string): boolean {
  const entry = path.join(folder, `${name}-${version}`, "dist", "index.js");
  if (!existsSync(entry)) return false;
  const url = pathToFileURL(entry).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === `@node-llama-cpp/${name}`
        ? { url, format: "module", shortCircuit: true }
        : next(specifier, context),
  });
  return true;
}
