// The files of a workspace that a model is fine-tuned on: what a person wrote and nothing hides, each text once, some held out.

import { createHash } from "node:crypto";
import path from "node:path";

import type { WorkspaceFiles } from "../completion/context/workspaceFiles.ts";
import { withholdSecret } from "../completion/refine/withholdSecret.ts";
import { handwrittenText, isSourcePath } from "./handwritten.ts";
import { NearDuplicates } from "./nearDuplicates.ts";

export interface SourceFile {
  readonly uri: string;
  /** In its workspace folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface CollectedFiles {
  readonly training: readonly SourceFile[];
  /** Nothing of them is learned from. */
  readonly heldOut: readonly SourceFile[];
  /** How many files were left out, by the cause. */
  readonly leftOut: Readonly<Record<LeftOut, number>>;
}

/** `kind`: no source or documents. `notWritten`: generated, compiled or data. `unreadable`: excluded, too, or too large. */
export type LeftOut = "kind" | "unreadable" | "notWritten" | "secret" | "duplicate";

/** Files and folders that are looked at, the highest first. */
const mostEntries = 100_000;
/** Characters of all texts: more than one machine learns from in a day. */
const mostCharacters = 50_000_000;
const heldOutShare = 0.1;

export async function collectFiles(files: WorkspaceFiles, signal: AbortSignal): Promise<CollectedFiles> {
  const leftOut = { kind: 0, unreadable: 0, notWritten: 0, secret: 0, duplicate: 0 };
  const duplicates = new NearDuplicates();
  const found: SourceFile[] = [];
  let characters = 0;
  for await (const file of walk(files)) {
    signal.throwIfAborted();
    const source = await readSource(file, files, duplicates);
    if (typeof source === "string") leftOut[source]++;
    else if (characters + source.text.length <= mostCharacters) {
      characters += source.text.length;
      found.push(source);
    }
  }
  return { ...holdOut(found), leftOut };
}

async function* walk(files: WorkspaceFiles): AsyncGenerator<string> {
  const folders = files.folders().map((folder) => ({ folder, ignored: files.ignoredIn(folder) }));
  let entries = 0;
  for (const { folder, ignored } of folders) {
    for (const { name, isFolder } of await files.entriesIn(folder)) {
      if (++entries > mostEntries) return;
      const entry = path.join(folder, name);
      if (await ignored.hasEntry(entry, isFolder)) continue;
      if (isFolder) folders.push({ folder: entry, ignored });
      else yield entry;
    }
  }
}

async function readSource(
  file: string,
  files: WorkspaceFiles,
  duplicates: NearDuplicates,
): Promise<SourceFile | LeftOut> {
  const inFolder = files.pathInFolder(file);
  if (!isSourcePath(inFolder)) return "kind";
  const read = await files.readText(file);
  if (!read || read === "unchanged") return "unreadable";
  const text = handwrittenText(inFolder, read.text);
  if (text === undefined) return "notWritten";
  if (withholdSecret(text, "") === "") return "secret";
  return duplicates.add(text) ? { uri: files.uriOf(file), path: inFolder, text } : "duplicate";
}

/** By the hash of their paths, so that the next run holds out the same. */
function holdOut(found: readonly SourceFile[]): Pick<CollectedFiles, "training" | "heldOut"> {
  const numbered = found
    .map((file) => ({ file, number: createHash("sha256").update(file.path).digest().readUInt32LE() / 2 ** 32 }))
    .sort((a, b) => a.number - b.number);
  const few = numbered.findIndex(({ number }) => number >= heldOutShare);
  const count = found.length < 2 ? 0 : Math.max(1, few);
  const byPath = (a: SourceFile, b: SourceFile) => (a.path < b.path ? -1 : 1);
  const files = numbered.map(({ file }) => file);
  return { heldOut: files.slice(0, count).sort(byPath), training: files.slice(count).sort(byPath) };
}
