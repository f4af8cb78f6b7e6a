// Reads the problems of a test from a folder of published files.

import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import { UserError } from "../../userError.ts";
import { readRows } from "../readRows.ts";
import type { CodeTask, Problem } from "./codeTasks.ts";

/** The same data may lie there in several formats: the first one counts. */
const endings = [".jsonl", ".jsonl.gz", ".json", ".parquet"];

/**
 * A file is of a test whose name it has, or that the folder has that it lies in.
 * @throws UserError that names the file, the line and the field
 */
export async function readProblems(task: CodeTask, folder: string): Promise<readonly Problem[]> {
  const files = await fs.readdir(folder, { recursive: true }).catch((error: unknown) => {
    const cause = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("The folder {0} could not be read: {1}", folder, cause));
  });
  const named = (name: string, ending: string) =>
    files.filter((file) => path.basename(file).toLowerCase() === name.toLowerCase() + ending);
  const below = (names: readonly string[], ending: string) =>
    files.filter((file) => names.includes(path.basename(path.dirname(file))) && file.toLowerCase().endsWith(ending));
  const found = [named, (_: string, ending: string) => below(task.folders, ending)]
    .flatMap((find) => endings.map((ending) => find(task.file, ending)))
    .find((some) => some.length > 0);
  if (!found) {
    throw new UserError(
      l10n.t("{0} has no data of {1}: it needs the published file {2}.", folder, task.title, `${task.file}.jsonl.gz`),
    );
  }
  const rows = await Promise.all(found.toSorted().map((file) => readRows(path.join(folder, file), task)));
  return rows.flat();
}
