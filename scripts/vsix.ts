// Builds the extension and packs it into a VSIX for a platform, with this platform's llama.cpp and no other's.

import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import { createVSIX } from "@vscode/vsce";
import esbuild from "esbuild";

import manifest from "../package.json" with { type: "json" };
import { models, writeModel } from "../test/fixtures/models.ts";
import { checkVsix } from "./checkVsix.ts";
import { bundledPackages, packageFolder, thirdPartyLicenses } from "./licenses.ts";
import { runProgram } from "./system.ts";
import { binaryFolders, parseTarget } from "./targets.ts";

const root = path.dirname(import.meta.dirname);

/** Where `packageExtension` leaves the VSIX. */
export function vsixPath(target = parseTarget()): string {
  return path.join(root, `${manifest.name}-${target}-${manifest.version}.vsix`);
}

/** Builds every bundle into dist/. */
export async function buildExtension(): Promise<void> {
  await runProgram(process.execPath, ["esbuild.mjs"], { cwd: root });
}

/** Builds and packs the extension, and checks what was packed; for this platform also that its engine works. */
export async function packageExtension(target = parseTarget()): Promise<void> {
  await buildExtension();
  // Not below the repository: a package that was left out by mistake would be found in its node_modules.
  const stage = fs.mkdtempSync(path.join(tmpdir(), "falcon-vsix-"));
  const scratch = fs.mkdtempSync(path.join(tmpdir(), "falcon-binaries-"));
  try {
    await fillStage(stage, await binaryFolders(target, scratch));
    if (target === `${process.platform}-${process.arch}`) await checkEngine(stage);
    await createVSIX({
      cwd: stage,
      packagePath: vsixPath(target),
      target,
      dependencies: false,
      allowMissingRepository: true,
      // The links of the README lead into the repository, which has no public address.
      rewriteRelativeLinks: false,
    });
  } finally {
    for (const folder of [stage, scratch]) fs.rmSync(folder, { recursive: true, force: true });
  }
  await checkVsix(vsixPath(target), target);
}

/** Copies what a VSIX holds. .vscodeignore says once more what of it is packed. */
async function fillStage(stage: string, binaries: readonly string[]): Promise<void> {
  const own = fs
    .readdirSync(root)
    .filter((file) => /^(dist|media|l10n|package(\.nls.*)?\.json|.*\.md|LICENSE|\.vscodeignore)$/.test(file));
  for (const file of [...own, "training/finetune"]) {
    fs.cpSync(path.join(root, file), path.join(stage, file), { recursive: true });
  }
  const engine = await enginePackages();
  // vsce lists node_modules by asking npm, which rejects a pruned tree; below dist it takes the files as they are.
  for (const folder of engine) copyPackage(folder, path.join(stage, "dist", path.relative(root, folder)));
  const [cpu, vulkan] = binaries;
  const scope = path.join(stage, "dist/node_modules/@node-llama-cpp");
  if (cpu) copyPackage(cpu, path.join(scope, path.basename(cpu)));
  if (vulkan) copyVulkan(vulkan, path.join(scope, path.basename(vulkan)));
  const licenses = thirdPartyLicenses([...engine, ...binaries, ...bundledPackages(path.join(root, "dist"))]);
  fs.writeFileSync(path.join(stage, "THIRD-PARTY-LICENSES.txt"), licenses);
}

/** The folders of node-llama-cpp and of the packages that importing it reaches. */
async function enginePackages(): Promise<string[]> {
  const { metafile } = await esbuild.build({
    stdin: { contents: 'import "node-llama-cpp"', resolveDir: root },
    absWorkingDir: root,
    platform: "node",
    format: "esm",
    bundle: true,
    write: false,
    metafile: true,
    logLevel: "error",
    outfile: "engine.mjs",
    // Imported where they are needed and there: binaries of each platform, and a copy-on-write for its downloader.
    external: ["@node-llama-cpp/*", "@reflink/*", "electron"],
  });
  const folders = Object.keys(metafile.inputs)
    .map(packageFolder)
    .filter((folder) => folder !== undefined);
  return [...new Set(folders.map((folder) => path.join(root, folder)))];
}

/** Copies a package without what only a developer of it, or a compiler, would read. */
function copyPackage(from: string, to: string): void {
  const unused = [
    /^node_modules$/,
    /\.(map|tsbuildinfo|[cm]?ts|lib)$/,
    /^yarn\.lock$/,
    /^(?!licen[cs]e|notice).*\.(md|markdown)$/i,
    // Of node-llama-cpp, for those who build from source.
    /^(templates|addon|cmake|patches|profiles|toolchains|xpack|CMakeLists\.txt|gitRelease\.bundle)$/,
  ];
  fs.cpSync(from, to, {
    recursive: true,
    filter: (file) => file === from || !unused.some((pattern) => pattern.test(path.basename(file))),
  });
}

/** Copies of a Vulkan package what the CPU's has not: its library, and a description of the build. */
function copyVulkan(from: string, to: string): void {
  copyPackage(from, to);
  const bins = path.join(to, "bins", path.basename(to));
  for (const file of fs.readdirSync(bins)) {
    if (!/^(lib)?ggml-vulkan\.|\.json$/.test(file)) fs.rmSync(path.join(bins, file));
  }
  fs.copyFileSync(new URL("sharedBinaries.mjs", import.meta.url), path.join(to, "dist/index.js"));
}

/** Lets a model write one token, with nothing but the files of the stage: nothing that was left out is needed. */
async function checkEngine(stage: string): Promise<void> {
  const script = path.join(stage, "dist/checkEngine.mjs");
  const model = path.join(stage, "check.gguf");
  fs.copyFileSync(new URL("checkEngine.mjs", import.meta.url), script);
  writeModel(model, models.falcon7b);
  await runProgram(process.execPath, [script, model]);
  for (const file of [script, model]) fs.rmSync(file);
}
