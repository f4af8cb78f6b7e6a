// Runs a task's TypeScript on a machine with any Node from 20.19 on and npm: installs the packages where they are missing
// or outdated, fetches Node 24 where another one runs this, and hands over. Exits as the task does.

import { spawn } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { installOnce, runNpm } from "./install.mjs";

const nodeVersion = "24.21.0";
const root = path.dirname(import.meta.dirname);
const tasks = {
  start: "scripts/start.ts",
  playground: "scripts/playground.ts",
  test: "scripts/test.ts",
  smoke: "scripts/smoke.ts",
  package: "scripts/package.ts",
  "bench:engine": "bench/engine.ts",
  "bench:completion": "bench/completion.ts",
  "bench:typing": "bench/typing.ts",
  "bench:painted": "bench/painted.ts",
  "bench:chat": "bench/chat/main.ts",
  "bench:edit": "bench/edit.ts",
  "bench:infill": "bench/infill.ts",
  "bench:convert": "bench/convert.ts",
  "bench:download": "bench/download.ts",
  "bench:serve": "bench/serve.ts",
  "bench:fairness": "bench/fairness.ts",
  "bench:finetune": "bench/finetune.ts",
  "bench:evaluate": "bench/evaluate.ts",
};

const [task, ...args] = process.argv.slice(2);
try {
  if (!(task in tasks)) throw new Error(`Usage: node scripts/run.mjs ${Object.keys(tasks).join("|")} [arguments]`);
  await installPackages();
  process.exitCode = await runTask(await findNode());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function installPackages() {
  const installed = modified("node_modules/.package-lock.json");
  if (installed >= modified("package-lock.json")) return;
  console.log("Installing the packages of package-lock.json …");
  // None needs its install script, and node-llama-cpp's would compile llama.cpp where it finds no binary.
  await runNpm(["ci", "--ignore-scripts"], root);
}

function modified(file) {
  return statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Node 24 runs our TypeScript, and is the one that code-server's native modules are compiled for. */
async function findNode() {
  if (process.versions.node.startsWith("24.")) return process.execPath;
  const os = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${os}-${process.arch}`;
  const folder = await installOnce(`${name}-${nodeVersion}`, async (draft) => {
    console.log(`Fetching Node ${nodeVersion} (once) …`);
    writeFileSync(path.join(draft, "package.json"), "{}");
    await runNpm(["install", "--ignore-scripts", `${name}@${nodeVersion}`], draft);
  });
  const bin = path.join(folder, "node_modules", name, "bin");
  return path.join(bin, readdirSync(bin).find((file) => /^node(\.exe)?$/.test(file)) ?? "node");
}

function runTask(node) {
  const paths = [path.dirname(node), process.env.PATH].join(path.delimiter);
  const child = spawn(node, [path.join(root, tasks[task]), ...args], {
    stdio: "inherit",
    env: { ...process.env, PATH: paths },
  });
  // Ctrl+C reaches the task by itself; it may have something to close before it ends.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ? 1 : code));
  });
}
