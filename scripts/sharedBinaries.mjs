// In a VSIX, this is dist/index.js of node-llama-cpp's Vulkan package, which says where its binaries are. The libraries of
// the CPU's package serve Vulkan too, and a VSIX holds them once. Here they get links beside the Vulkan library, for
// llama.cpp loads what lies in one folder; where a file system has no links, copies. Where the folder cannot be written to,
// node-llama-cpp passes Vulkan over, and the log says why.

import fs from "node:fs";
import path from "node:path";
import process from "node:process";

const root = path.dirname(import.meta.dirname);
const name = path.basename(root);
const cpu = name.replace(/-vulkan$/, "");
const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

export function getBinsDir() {
  const binsDir = path.join(root, "bins");
  const from = path.join(root, "..", cpu, "bins", cpu);
  const to = path.join(binsDir, name);
  try {
    for (const file of fs.readdirSync(from)) linkOnce(path.join(from, file), path.join(to, file));
  } catch (error) {
    console.warn(`Vulkan is not used, because its libraries cannot be put into ${to}: ${error.message}`);
    throw error;
  }
  return { binsDir, packageVersion: version };
}

function linkOnce(from, to) {
  // Put there by an earlier process; the description of the build is Vulkan's own.
  if (fs.existsSync(to)) return;
  try {
    fs.linkSync(from, to);
  } catch (error) {
    // Another process that starts at the same time was first.
    if (error.code === "EEXIST") return;
    // Renamed when it is whole: another process may load it at once.
    const draft = `${to}.${process.pid}`;
    fs.copyFileSync(from, draft);
    fs.renameSync(draft, to);
  }
}
