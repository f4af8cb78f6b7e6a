// Installs what development needs beside the product (Node 24, a VS Code), each part once, in a cache folder.
// Plain JavaScript: scripts/run.mjs uses it before there is a Node that runs TypeScript.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { env, execPath, platform } from "node:process";

export function cacheFolder() {
  if (env.FALCON_CACHE) return path.resolve(env.FALCON_CACHE);
  if (env.XDG_CACHE_HOME) return path.join(env.XDG_CACHE_HOME, "falcon-vscode");
  if (platform === "win32" && env.LOCALAPPDATA) return path.join(env.LOCALAPPDATA, "falcon-vscode");
  if (platform === "darwin") return path.join(homedir(), "Library", "Caches", "falcon-vscode");
  return path.join(homedir(), ".cache", "falcon-vscode");
}

/**
 * The folder `name` of the cache, filled by `fill` where it is missing. It is filled under another name and renamed
 * when it is whole: a broken install is never taken for a finished one, and two at a time do not disturb each other.
 */
export async function installOnce(name, fill) {
  const folder = path.join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  removeAbandoned(`${name}.part-`);
  const draft = mkdtempSync(`${folder}.part-`);
  try {
    await fill(draft);
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // Else another process was first, and its folder is as good.
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Drafts that an interrupted process left behind. No install takes two hours. */
function removeAbandoned(prefix) {
  for (const entry of readdirSync(cacheFolder())) {
    const draft = path.join(cacheFolder(), entry);
    const started = entry.startsWith(prefix) && statSync(draft, { throwIfNoEntry: false })?.birthtimeMs;
    if (started && Date.now() - started > 2 * 3600 * 1000) rmSync(draft, { recursive: true, force: true });
  }
}

/** Runs npm in a folder and shows what it says. Native modules are compiled for the Node that runs this script. */
export function runNpm(args, folder) {
  // The npm that started us, run by our Node; else the one on the PATH, which is a batch file on Windows.
  const started = env.npm_execpath?.endsWith("npm-cli.js") ? env.npm_execpath : undefined;
  const [command, ...prefix] = started ? [execPath, started] : ["npm"];
  const child = spawn(command, [...prefix, ...args, "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    shell: !started && platform === "win32",
    env: npmEnvironment(),
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args.join(" ")} failed in ${folder}`)),
    );
  });
}

/** A user's npm configuration may name the headers of another Node. The npm packages of Node carry their own. */
function npmEnvironment() {
  const home = path.dirname(path.dirname(execPath));
  const hasHeaders = existsSync(path.join(home, "include", "node", "node_version.h"));
  return hasHeaders ? { ...env, npm_config_nodedir: home } : env;
}
