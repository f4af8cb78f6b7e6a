// In a VSIX, this is dist/index.js of node-llama-cpp's Vulkan package, which says where its binaries are. The libraries of
// the CPU's package serve Vulkan too, and a VSIX holds them once. Here they get links beside the Vulkan library, for
// llama.cpp loads what lies in one folder. Where the folder cannot be written to, Vulkan is passed over.

import fs from "node:fs";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const name = path.basename(root);
const cpu = name.replace(/-vulkan$/, "");
const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

export function getBinsDir() {
  const binsDir = path.join(root, "bins");
  const from = path.join(root, "..", cpu, "bins", cpu);
  const to = path.join(binsDir, name);
  for (const file of fs.readdirSync(from)) linkOnce(path.join(from, file), path.join(to, file));
  return { binsDir, packageVersion: version };
}

function linkOnce(from, to) {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    // Linked by an earlier process, or one that starts at the same time; the description of the build is its own.
    if (error.code !== "EEXIST") throw error;
  }
}
