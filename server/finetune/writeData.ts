// Tells what a model is fine-tuned on, out of the files of a workspace, and writes it where only the user can read it.

import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { WorkspaceFiles } from "../completion/context/workspaceFiles.ts";
import type { Model } from "../engine/engine.ts";
import { UserError } from "../userError.ts";
import { collectFiles, type CollectedFiles, type SourceFile } from "./collectFiles.ts";
import { examplesOf } from "./examples.ts";

export interface WrittenData {
  readonly training: WrittenPart;
  readonly heldOut: WrittenPart;
  readonly leftOut: CollectedFiles["leftOut"];
}

export interface DataPart {
  readonly files: readonly SourceFile[];
  /** Of their texts. */
  readonly tokens: number;
}

export interface WrittenPart extends DataPart {
  readonly path: string;
  readonly examples: number;
}

/** With fewer there is nothing to learn from that would not be learned by heart. */
const fewestFiles = 10;

/** @throws UserError where there is too little; the signal's reason */
export async function describeData(
  workspace: WorkspaceFiles,
  model: Pick<Model, "countTokens">,
  signal: AbortSignal,
): Promise<Record<"training" | "heldOut", DataPart>> {
  const { training, heldOut } = await collectEnough(workspace, signal);
  const describe = async (files: readonly SourceFile[]) => {
    let tokens = 0;
    for (const { text } of files) {
      signal.throwIfAborted();
      tokens += await model.countTokens([text]);
    }
    return { files, tokens };
  };
  return { training: await describe(training), heldOut: await describe(heldOut) };
}

/** @throws UserError where there is too little; the signal's reason */
export async function writeData(
  workspace: WorkspaceFiles,
  model: Pick<Model, "info" | "countTokens">,
  folder: string,
  signal: AbortSignal,
): Promise<WrittenData> {
  const { training, heldOut, leftOut } = await collectEnough(workspace, signal);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, files: readonly SourceFile[]) =>
    writePart(path.join(folder, name), files, model, signal);
  return {
    training: await write("train.jsonl", training),
    heldOut: await write("held-out.jsonl", heldOut),
    leftOut,
  };
}

async function collectEnough(workspace: WorkspaceFiles, signal: AbortSignal): Promise<CollectedFiles> {
  const collected = await collectFiles(workspace, signal);
  const { training, heldOut } = collected;
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
  return collected;
}

async function writePart(
  file: string,
  files: readonly SourceFile[],
  model: Pick<Model, "info" | "countTokens">,
  signal: AbortSignal,
): Promise<WrittenPart> {
  let [tokens, examples] = [0, 0];
  const written = await open(file, "w", 0o600);
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
