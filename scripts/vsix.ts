// Builds the extension and packs it into a VSIX for this platform, with this platform's llama.cpp and no other's.

import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import { createVSIX } from "@vscode/vsce";
import esbuild from "esbuild";

import manifest from "../package.json" with { type: "json" };
import { models, writeModel } from "../test/fixtures/models.ts";
import { bundledPackages, packageFolder, thirdPartyLicenses } from "./licenses.ts";
import { runProgram } from "./system.ts";

const root = path.dirname(import.meta.dirname);
const platform = `${process.platform}-${process.arch}`;

/** Where `packageExtension` leaves the VSIX. */
export const vsixPath = path.join(root, `${manifest.name}-${platform}-${manifest.version}.vsix`);

/** Builds every bundle into dist/. */
export async function buildExtension(): Promise<void> {
  await runProgram(process.execPath, ["esbuild.mjs"], { cwd: root });
}

/** Builds, packs, and checks that the engine works as it is packed. */
export async function packageExtension(): Promise<void> {
  await buildExtension();
  // Not below the repository: a package that was left out by mistake would be found in its node_modules.
  const stage = fs.mkdtempSync(path.join(tmpdir(), "falcon-vsix-"));
  try {
    await fillStage(stage);
    await checkEngine(stage);
    await createVSIX({
      cwd: stage,
      packagePath: vsixPath,
      target: platform,
      dependencies: false,
      allowMissingRepository: true,
      // The links of the README lead into the repository, which has no public address.
      rewriteRelativeLinks: false,
    });
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
  const megabytes = (fs.statSync(vsixPath).size / 1e6).toFixed(1);
  console.log(`${path.relative(process.cwd(), vsixPath)}: ${megabytes} MB`);
}

/** Copies what a VSIX holds. .vscodeignore says once more what of it is packed. */
async function fillStage(stage: string): Promise<void> {
  const own = fs
    .readdirSync(root)
    .filter((file) => /^(dist|media|l10n|package(\.nls.*)?\.json|.*\.md|LICENSE|\.vscodeignore)$/.test(file));
  for (const file of own) fs.cpSync(path.join(root, file), path.join(stage, file), { recursive: true });
  const engine = await enginePackages();
  // vsce lists node_modules by asking npm, which rejects a pruned tree; below dist it takes the files as they are.
  for (const folder of engine) copyPackage(folder, path.join(stage, "dist", path.relative(root, folder)));
  const licenses = thirdPartyLicenses([...engine, ...bundledPackages(path.join(root, "dist"))]);
  fs.writeFileSync(path.join(stage, "THIRD-PARTY-LICENSES.txt"), licenses);
}

/** The folders of node-llama-cpp, of the packages that importing it reaches, and of this platform's binaries. */
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
  const javascript = Object.keys(metafile.inputs)
    .map(packageFolder)
    .filter((folder) => folder !== undefined);
  const os = { darwin: "mac", win32: "win" }[process.platform as string] ?? process.platform;
  const binaries = new RegExp(`^${os}-${process.arch}(-metal|-vulkan)?$`); // CUDA is 540 MB, and Vulkan serves its cards.
  const scope = path.join(root, "node_modules/@node-llama-cpp");
  const chosen = fs.readdirSync(scope).filter((name) => binaries.test(name));
  if (chosen.length === 0) throw new Error(`node-llama-cpp has no binaries for ${platform}.`);
  return [
    ...new Set(javascript.map((folder) => path.join(root, folder))),
    ...chosen.map((name) => path.join(scope, name)),
  ];
}

/** Copies a package without what only a developer of it, or a compiler, would read. */
function copyPackage(from: string, to: string): void {
  const unused = [
    /^node_modules$/,
    /\.(map|tsbuildinfo|[cm]?ts)$/,
    /^(?!licen[cs]e|notice).*\.(md|markdown)$/i,
    /^templates$/,
    /^gitRelease\.bundle$/,
  ];
  fs.cpSync(from, to, {
    recursive: true,
    filter: (file) => file === from || !unused.some((pattern) => pattern.test(path.basename(file))),
  });
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
