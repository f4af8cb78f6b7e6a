// Reads the data of a test from a folder of files in the published formats: JSON lines, one JSON array, or Parquet.

import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import { UserError } from "../userError.ts";
import { examplesFor, type Form } from "./prompts.ts";
import { readRows } from "./readRows.ts";
import type { Item, Subject, Task } from "./task.ts";

const readable = [".jsonl", ".json", ".parquet"];

/**
 * The subjects in the order of their names. A file is of a split whose name its own name holds, as in
 * `ARC-Challenge-Test.jsonl`.
 * @throws UserError that names the file, the line and the field
 */
export async function readData(task: Task, folder: string, form: Form): Promise<readonly Subject[]> {
  const { examples, questions } = task.splits;
  const asked = await readSplit(task, folder, questions);
  const shown = task.shots === 0 ? new Map<string, Item[]>() : await readSplit(task, folder, examples);
  return [...asked.keys()].toSorted().map((name) => {
    const solved = shown.get(name) ?? [];
    const needed = examplesFor(task, form);
    if (solved.length < needed) throw tooFewExamples(task, folder, name, solved.length, needed);
    return { name, examples: solved, questions: asked.get(name) ?? [] };
  });
}

async function readSplit(task: Task, folder: string, split: readonly string[]): Promise<Map<string, Item[]>> {
  const subjects = new Map<string, Item[]>();
  const files = await filesOf(task, folder, split);
  if (files.length === 0) {
    throw new UserError(
      l10n.t(
        "{0} has no data of {1}: it needs a file of JSON lines or Parquet with “{2}” in its name. Choose the folder of the published data.",
        folder,
        task.title,
        split.join("/"),
      ),
    );
  }
  for (const file of files) {
    for (const { subject = task.name, ...item } of await readRows(file, task)) {
      const items = subjects.get(subject);
      if (items) items.push(item);
      else subjects.set(subject, [item]);
    }
  }
  return subjects;
}

async function filesOf(task: Task, folder: string, split: readonly string[]): Promise<string[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    const cause = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("The folder {0} could not be read: {1}", folder, cause));
  });
  const files = entries
    .filter((entry) => !entry.isDirectory() && readable.includes(path.extname(entry.name).toLowerCase()))
    .filter((entry) => split.some((word) => path.parse(entry.name).name.toLowerCase().includes(word)))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
  const below = (name: string) => files.filter((file) => path.relative(folder, file).split(path.sep).includes(name));
  const own = task.folders.map(below).find((some) => some.length > 0) ?? files;
  // The same data may lie there in two formats, as downloaded and as converted: it counts once.
  const inFormat = (format: string) => own.filter((file) => path.extname(file).toLowerCase() === format);
  return readable.map(inFormat).find((some) => some.length > 0) ?? [];
}

function tooFewExamples(task: Task, folder: string, subject: string, count: number, needed: number): UserError {
  return new UserError(
    l10n.t(
      "{0} has {1} solved examples of {2}, and {3} are needed. Add the published file with “{4}” in its name.",
      folder,
      count,
      subject,
      needed,
      task.splits.examples.join("/"),
    ),
  );
}
