// Where the tests of a file are, or go, by the names and folders that the workspace's other tests have. Paths have "/".

import path from "node:path";

import type { TestConvention } from "./conventions.ts";

export interface TestPlace {
  readonly path: string;
  readonly exists: boolean;
}

/** Folders that say nothing of what is tested. */
const hollow = new Set([
  ...["src", "source", "lib", "main", "app", "java", "kotlin", "php"],
  ...["test", "tests", "__tests__", "spec", "specs", "unit", "integration"],
]);
const testFolders = ["test", "tests", "__tests__", "spec", "specs"];

/**
 * @param source the path of the tested file
 * @param files the paths of the workspace, from the same folder
 */
export function placeOfTests(source: string, files: readonly string[], convention: TestConvention): TestPlace {
  const { dir, name, ext } = path.posix.parse(source);
  if (convention.folder === "sameFile" || isTest(source, convention)) return { path: source, exists: true };
  const [existing] = convention.names
    .flatMap((template) => files.filter((file) => isNamed(file, template, name, ext)))
    .filter((file) => fits(file, source))
    .sort((a, b) => meaningful(b).length - meaningful(a).length);
  if (existing !== undefined) return { path: existing, exists: true };
  const others = nearestTests(source, files, convention);
  const [nearest] = others;
  const template = convention.names.find((each) => nearest !== undefined && isOf(nearest, each)) ?? convention.names[0];
  const file = (template ?? "*_test").replace("*", () => name) + ext;
  return { path: path.posix.join(folderFor(dir, nearest, convention), file), exists: false };
}

/** The workspace's tests in the same kind of file, those of the nearest folders first. */
export function nearestTests(source: string, files: readonly string[], convention: TestConvention): readonly string[] {
  const extension = path.posix.extname(source);
  const parts = source.split("/");
  const shared = (file: string) => {
    const others = file.split("/");
    const differs = parts.findIndex((part, i) => part !== others[i]);
    return differs < 0 ? parts.length : differs;
  };
  return files
    .filter((file) => file !== source && path.posix.extname(file) === extension && isTest(file, convention))
    .map((file) => ({ file, shared: shared(file) }))
    .sort((a, b) => b.shared - a.shared)
    .map(({ file }) => file);
}

function isTest(file: string, { names }: TestConvention): boolean {
  return names.some((template) => isOf(file, template));
}

function isOf(file: string, template: string): boolean {
  const [start = "", end = ""] = template.split("*");
  const { name } = path.posix.parse(file);
  return name.length > start.length + end.length && name.startsWith(start) && name.endsWith(end);
}

/** Tests of a `.tsx` may be a `.ts`. */
function isNamed(file: string, template: string, name: string, ext: string): boolean {
  const parsed = path.posix.parse(file);
  return parsed.name === template.replace("*", () => name) && parsed.ext.replace(/x$/, "") === ext.replace(/x$/, "");
}

/** Whether a test lies where the tests of the file would: it is in no folder of another part. */
function fits(test: string, source: string): boolean {
  const known = new Set(meaningful(source));
  return meaningful(test).every((part) => known.has(part));
}

function meaningful(file: string): string[] {
  return file
    .split("/")
    .slice(0, -1)
    .filter((part) => !hollow.has(part.toLowerCase()));
}

/** As the nearest test has it: in a folder for tests, that repeats those of the code or does not, or beside the code. */
function folderFor(dir: string, nearest: string | undefined, { folder }: TestConvention): string {
  const parts = dir.split("/").filter((part) => part !== "");
  if (nearest === undefined) {
    if (folder === "maven") return parts.map((part) => (part === "main" ? "test" : part)).join("/");
    return folder === "tests" && parts.length <= 1 ? "tests" : dir;
  }
  const others = nearest.split("/").slice(0, -1);
  const at = others.findIndex((part) => testFolders.includes(part));
  if (at < 0) return dir;
  if (others[at] === "__tests__") return [...parts, "__tests__"].join("/");
  const isHollow = (part: string) => hollow.has(part.toLowerCase());
  const below = others.slice(at + 1);
  const kinds = below.slice(0, below.findIndex((part) => !isHollow(part)) >>> 0);
  const rest = parts.filter((part, i) => !(part === others[i] && i < at) && !isHollow(part));
  const repeats = below.length > kinds.length;
  return [...others.slice(0, at + 1), ...kinds, ...(repeats ? rest : [])].join("/");
}
