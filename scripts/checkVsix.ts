// Unpacks a VSIX and checks what is in it: all that its platform needs, nothing of another, nothing that nobody reads.

import fs from "node:fs";
import path from "node:path";

// A zip is read without a program of the system, which not every one has.
import JSZip from "jszip";

import { grammarOf } from "../server/syntax/grammars.ts";
import { binaryPackages, type Target } from "./targets.ts";

const largest = 58e6;

const grammars = [...new Set(Object.values(grammarOf))].map((name) => `tree-sitter-${name}`);
const required = [
  ...["package.json", "package.nls.json", "readme.md", "changelog.md", "LICENSE.txt", "THIRD-PARTY-LICENSES.txt"],
  ...[
    "dist/extension.cjs",
    "dist/server.cjs",
    "dist/cli.cjs",
    "dist/engine.cjs",
    "dist/parentWatch.cjs",
    "dist/convert.cjs",
    "dist/service.cjs",
  ],
  ...[
    "dist/webview.js",
    "dist/webview.css",
    "dist/pages.js",
    "dist/pages.css",
    "dist/playground.js",
    "dist/playground.css",
    "dist/codicon.ttf",
    "dist/node_modules/node-llama-cpp/LICENSE",
  ],
  ...["run.py", "finetune.py", "requirements.txt"].map((name) => `training/finetune/${name}`),
  ...["tree-sitter", ...grammars].map((name) => `dist/grammars/${name}.wasm`),
];
const unwanted = /\.(map|tsbuildinfo|[cm]?ts|lib|c|cpp|h)$|(^|\/)(yarn|package-lock)\.(lock|json)$|\.part-/;

export interface PackedFile {
  /** Below the extension's folder. */
  readonly path: string;
  readonly content: Buffer;
}

/** The files of a VSIX, largest first; the checksum of each is checked. */
export async function unpackVsix(vsix: string): Promise<readonly PackedFile[]> {
  const zip = await JSZip.loadAsync(fs.readFileSync(vsix), { checkCRC32: true });
  const entries = Object.values(zip.files).filter(({ dir, name }) => !dir && name.startsWith("extension/"));
  const files = entries.map(async (entry) => ({
    path: entry.name.slice("extension/".length),
    content: await entry.async("nodebuffer"),
  }));
  return (await Promise.all(files)).sort((a, b) => b.content.length - a.content.length);
}

/** What is wrong with the files of a VSIX for a platform. */
export function faultsOf(files: readonly PackedFile[], target: Target): string[] {
  const paths = files.map((file) => file.path);
  const scope = "dist/node_modules/@node-llama-cpp/";
  const own = binaryPackages(target).map((name) => `dist/node_modules/${name}/`);
  const native = files.flatMap(({ path, content }) => ({ path, platform: platformOf(content) }));
  const licenses = files.find((file) => file.path === "THIRD-PARTY-LICENSES.txt")?.content.toString() ?? "";
  return [
    ...required.filter((file) => !paths.includes(file)).map((file) => `${file} is missing`),
    ...own.flatMap((folder) =>
      ["package.json", "LICENSE", "dist/index.js", "_nlcBuildMetadata.json"]
        .filter((file) => !paths.some((path) => path.startsWith(folder) && path.endsWith(file)))
        .map((file) => `${folder} has no ${file}`),
    ),
    ...(own[1] === undefined || paths.some((path) => path.includes("ggml-vulkan.")) ? [] : ["Vulkan is missing"]),
    ...(paths.filter((path) => path.endsWith("llama-addon.node")).length === 1 ? [] : ["not one llama-addon.node"]),
    ...(paths.some((path) => path.includes("ggml-cpu")) ? [] : ["the CPU's library is missing"]),
    ...(paths.some((path) => path.startsWith("media/models/") && path.endsWith(".gguf")) ? [] : ["no model"]),
    ...["node-llama-cpp ", "llama.cpp", ...grammars, ...binaryPackages(target)]
      .filter((name) => !licenses.includes(name))
      .map((name) => `the licence of ${name} is missing`),
    ...paths.filter((path) => unwanted.test(path)).map((path) => `${path} is of no use`),
    ...paths
      .filter((path) => path.startsWith(scope) && !own.some((folder) => path.startsWith(folder)))
      .map((path) => `${path} is another platform's`),
    ...native
      .filter(({ platform }) => platform !== undefined && platform !== target)
      .map(({ path, platform }) => `${path} is a binary for ${platform}`),
  ];
}

/** Checks a VSIX, and leaves a list of its files beside it. */
export async function checkVsix(vsix: string, target: Target): Promise<void> {
  const files = await unpackVsix(vsix);
  const { size } = fs.statSync(vsix);
  const faults = faultsOf(files, target);
  if (size > largest) faults.push(`it has ${size} bytes, more than ${largest}`);
  if (faults.length > 0) throw new Error(`${path.basename(vsix)}:\n  ${faults.join("\n  ")}`);
  const list = `${vsix}.txt`;
  fs.writeFileSync(list, files.map(({ path, content }) => `${String(content.length).padStart(9)} ${path}\n`).join(""));
  const unpacked = files.reduce((sum, { content }) => sum + content.length, 0);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `${path.relative(process.cwd(), vsix)}: ${megabytes(size)}, ` +
      `${files.length} files of ${megabytes(unpacked)} (${path.basename(list)})`,
  );
}

/** The platform that native code is for, by VS Code's name; undefined for any other file. */
function platformOf(content: Buffer): string | undefined {
  if (content.length < 64) return undefined;
  const architecture = (id: number, x64: number, arm64: number) =>
    id === x64 ? "x64" : id === arm64 ? "arm64" : `0x${id.toString(16)}`;
  if (content.readUInt32BE(0) === 0x7f454c46) return `linux-${architecture(content.readUInt16LE(18), 0x3e, 0xb7)}`;
  if (content.readUInt32LE(0) === 0xfeedfacf) {
    return `darwin-${architecture(content.readUInt32LE(4), 0x01000007, 0x0100000c)}`;
  }
  const header = content.readUInt16BE(0) === 0x4d5a ? content.readUInt32LE(60) : content.length;
  if (header + 6 > content.length || content.readUInt32BE(header) !== 0x50450000) return undefined;
  return `win32-${architecture(content.readUInt16LE(header + 4), 0x8664, 0xaa64)}`;
}
