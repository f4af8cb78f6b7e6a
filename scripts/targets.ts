// The platforms that the extension is packed for, and the packages of node-llama-cpp's binaries that each of them gets.

import fs from "node:fs";
import path from "node:path";
import process from "node:process";

import { runNpm } from "./install.mjs";

const root = path.dirname(import.meta.dirname);

/** By VS Code's names of the platforms: for the CPU first. CUDA's binaries are 540 MB, and Vulkan serves its cards. */
const binaries = {
  "linux-x64": ["linux-x64", "linux-x64-vulkan"],
  "linux-arm64": ["linux-arm64"],
  "darwin-x64": ["mac-x64"],
  "darwin-arm64": ["mac-arm64-metal"],
  "win32-x64": ["win-x64", "win-x64-vulkan"],
  "win32-arm64": ["win-arm64"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Target = keyof typeof binaries;
export const targets = Object.keys(binaries) as readonly Target[];

/** Checks the name of a platform; without one it is this machine's. */
export function parseTarget(name = `${process.platform}-${process.arch}`): Target {
  const target = targets.find((each) => each === name);
  if (target === undefined) throw new Error(`There are no binaries for ${name}, only for ${targets.join(", ")}.`);
  return target;
}

/** The names of a target's packages. */
export function binaryPackages(target: Target): readonly string[] {
  return binaries[target].map((name) => `@node-llama-cpp/${name}`);
}

/** The folders of a target's packages: those that npm installed here, else fetched ones below `scratch`. */
export async function binaryFolders(target: Target, scratch: string): Promise<readonly string[]> {
  const installed = (name: string) => path.join(root, "node_modules", name);
  const missing = binaryPackages(target).filter((name) => !fs.existsSync(installed(name)));
  if (missing.length > 0) await fetchPackages(missing, scratch);
  return binaryPackages(target).map((name) =>
    missing.includes(name) ? path.join(scratch, "node_modules", name) : installed(name),
  );
}

export interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string } | undefined>>;
}

/** Puts packages of package-lock.json below a folder, whatever their platform. npm checks the integrity of each. */
export async function fetchPackages(names: readonly string[], folder: string, lock = readLock()): Promise<void> {
  const locked = names.map((name) => {
    const entry = lock.packages[`node_modules/${name}`];
    if (!entry) throw new Error(`package-lock.json knows no ${name}.`);
    return { name, version: entry.version, integrity: entry.integrity };
  });
  const dependencies = Object.fromEntries(locked.map(({ name, version }) => [name, version]));
  const entries = locked.map(({ name, ...entry }) => [`node_modules/${name}`, entry] as const);
  const write = (file: string, value: unknown) => fs.writeFileSync(path.join(folder, file), JSON.stringify(value));
  write("package.json", { dependencies });
  write("package-lock.json", {
    lockfileVersion: 3,
    packages: { "": { dependencies }, ...Object.fromEntries(entries) },
  });
  await runNpm(["ci", "--ignore-scripts"], folder);
}

function readLock(): Lock {
  return JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")) as Lock;
}
