// Two releases of packages that the bundled model was not trained on: what their developers changed from one to the other.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** The source files of a release, by their paths in the package with slashes. */
export type Release = ReadonlyMap<string, string>;

interface Releases {
  readonly package: string;
  /** The folder of its sources; all of the package unless given. */
  readonly sources?: string;
  readonly before: string;
  readonly after: string;
}

/** Of the held-out packages those whose archives hold what their developers write, in more than one release. */
const releases: readonly Releases[] = [
  { package: "npm:@trpc/client", sources: "src/", before: "11.19.0", after: "11.25.2" },
  { package: "npm:mongoose", before: "9.11.0", after: "9.12.1" },
  { package: "npm:whatwg-url", before: "16.0.1", after: "17.3.0" },
  { package: "pypi:boltons", before: "25.0.0", after: "26.2.0" },
  { package: "pypi:einops", before: "0.7.0", after: "0.8.2" },
  { package: "pypi:peft", before: "0.20.0", after: "0.21.2" },
  { package: "pypi:responses", before: "0.25.8", after: "0.26.3" },
  { package: "pypi:rq", before: "2.11.0", after: "2.12.0" },
];

const cache = path.join(homedir(), ".cache/falcon-training/releases");

/** Fetches what is not there yet, by the registries' own clients. */
export function readReleases(): { readonly package: string; readonly before: Release; readonly after: Release }[] {
  return releases.map(({ package: name, sources = "", before, after }) => ({
    package: name,
    before: readRelease(name, before, sources),
    after: readRelease(name, after, sources),
  }));
}

/** The files of the older ones. */
export function olderFiles(): { readonly package: string; readonly path: string; readonly text: string }[] {
  return readReleases().flatMap(({ package: name, before }) =>
    [...before].map(([file, text]) => ({ package: name, path: file, text })),
  );
}

function readRelease(name: string, version: string, sources: string): Release {
  const isOfNpm = name.startsWith("npm:");
  const folder = path.join(fetchRelease(name, version), isOfNpm ? "package" : "");
  const files = fs
    .globSync("**/*.{ts,js,py}", { cwd: folder, exclude: ["**/{dist,test,tests}/**", "**/*.d.ts"] })
    .toSorted();
  const read = files
    .filter((file) => file.startsWith(sources))
    .map((file) => [file, fs.readFileSync(path.join(folder, file), "utf8")] as const);
  return new Map(read);
}

/** The folder of an unpacked release. */
function fetchRelease(name: string, version: string): string {
  const [registry = "", packageName = ""] = name.split(":");
  const folder = path.join(cache, `${registry}-${packageName.replace("/", "__")}-${version}`);
  if (fs.existsSync(folder)) return folder;
  fs.mkdirSync(cache, { recursive: true });
  const part = fs.mkdtempSync(`${folder}-`);
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: part });
  if (registry === "npm") run("npm", "pack", "--silent", `${packageName}@${version}`);
  else
    run(
      "python3",
      "-m",
      "pip",
      "download",
      "--quiet",
      "--no-deps",
      "--only-binary",
      ":all:",
      `${packageName}==${version}`,
    );
  const [archive = ""] = fs.readdirSync(part);
  if (registry === "npm") run("tar", "-xzf", archive);
  else run("python3", "-m", "zipfile", "-e", archive, ".");
  fs.rmSync(path.join(part, archive));
  fs.renameSync(part, folder);
  return folder;
}
