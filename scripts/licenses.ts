// The licences of everything that a VSIX carries of others: packages inside the bundles, packages beside them, and
// the sources of the binaries of llama.cpp and of tree-sitter.

import fs from "node:fs";
import path from "node:path";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** The folder of the package that a file belongs to, if it belongs to one: `…/node_modules/NAME` or `…/@SCOPE/NAME`. */
export function packageFolder(file: string): string | undefined {
  return /^.*\bnode_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

/** The packages inside the bundles of a folder: their source maps name every file that went in. */
export function bundledPackages(dist: string): string[] {
  const maps = fs.readdirSync(dist).filter((file) => file.endsWith(".map"));
  const sources = maps.flatMap((map) => {
    const { sources } = JSON.parse(fs.readFileSync(path.join(dist, map), "utf8")) as { sources: string[] };
    return sources.map((source) => path.join(dist, source));
  });
  const folders = sources.flatMap((source) => packageFolder(source) ?? []);
  return [...new Set(folders.map(installedFolder))];
}

/** A package that is bundled already names files of others where they were when it was made: they lie beside it here. */
function installedFolder(folder: string): string {
  if (fs.existsSync(folder)) return folder;
  return folder.replace(/[\\/]node_modules[\\/].*(?=[\\/]node_modules[\\/])/, "");
}

/** One text with the licences of packages, given by their folders, sorted by name, and of what comes as binaries. */
export function thirdPartyLicenses(folders: readonly string[]): string {
  const sections = new Map(folders.map(licenseSection));
  const intro = `This extension contains software of others under their own licences: ${sections.size} packages of npm, llama.cpp, and tree-sitter.`;
  const sorted = [...sections].sort(([a], [b]) => a.localeCompare(b)).map(([, section]) => section);
  const binaries = ["llama.cpp", "tree-sitter"].map((name) =>
    fs.readFileSync(new URL(`licenses-${name}.txt`, import.meta.url), "utf8").trim(),
  );
  const rule = `\n\n${"=".repeat(80)}\n\n`;
  return [intro, ...sorted, ...binaries].join(rule) + "\n";
}

function licenseSection(folder: string): [name: string, section: string] {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
  const files = fs.readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (license === undefined && files.length === 0) throw new Error(`${folder} names no licence.`);
  const texts = files.map((file) => fs.readFileSync(path.join(folder, file), "utf8").trim());
  const title = `${name} ${version}`;
  return [title, [`${title} (${license ?? "see below"})`, ...texts].join("\n\n")];
}
