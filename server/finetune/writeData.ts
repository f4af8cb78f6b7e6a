// Writes what a model is fine-tuned on, out of the files of a workspace, and tells what that is.

import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { WorkspaceFiles } from "../completion/context/workspaceFiles.ts";
import type { Model } from "../engine/engine.ts";
import { UserError } from "../userError.ts";
import { collectFiles, type CollectedFiles, type SourceFile } from "./collectFiles.ts";
import { examplesOf } from "./examples.ts";

export interface WrittenData {
  readonly training: DataPart;
  readonly heldOut: DataPart;
  readonly leftOut: CollectedFiles["leftOut"];
}

export interface DataPart {
  readonly path: string;
  readonly files: readonly SourceFile[];
  /** Of their texts. */
  readonly tokens: number;
  readonly examples: number;
}

/** With fewer there is nothing to learn from that would not be learned by heart. */
const fewestFiles = 10;

/** @throws UserError where there is too little; the signal's reason */
export async function writeData(
  workspace: WorkspaceFiles,
  model: Pick<Model, "info" | "countTokens">,
  folder: string,
  signal: AbortSignal,
): Promise<WrittenData> {
  const { training, heldOut, leftOut } = await collectFiles(workspace, signal);
  const found = training.length + heldOut.length;
  if (found < fewestFiles) {
    throw new UserError(
      l10n.t(
        "The workspace has {0} files to learn from, and at least {1} are needed. Excluded, ignored, generated and very short files are left out. Open a folder with more source.",
        found,
        fewestFiles,
      ),
    );
  }
  await mkdir(folder, { recursive: true });
  const write = (name: string, files: readonly SourceFile[]) =>
    writePart(path.join(folder, name), files, model, signal);
  return {
    training: await write("train.jsonl", training),
    heldOut: await write("held-out.jsonl", heldOut),
    leftOut,
  };
}

async function writePart(
  file: string,
  files: readonly SourceFile[],
  model: Pick<Model, "info" | "countTokens">,
  signal: AbortSignal,
): Promise<DataPart> {
  let [tokens, examples] = [0, 0];
  const written = await open(file, "w");
  try {
    for (const source of files) {
      signal.throwIfAborted();
      const ofFile = await examplesOf(source, model);
      tokens += ofFile.tokens;
      examples += ofFile.examples.length;
      for (const example of ofFile.examples) await written.write(`${JSON.stringify(example)}\n`);
    }
  } finally {
    await written.close();
  }
  return { path: file, files, tokens, examples };
}
