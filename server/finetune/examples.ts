// What is learned from a file: all of its text as continuation, and places in it as infilling, in the form of the product's own
// prompts.

import type { Model, PromptPart } from "../engine/engine.ts";
import { completionPrompt, pathLine } from "../completion/infillPrompt.ts";
import type { SourceFile } from "./collectFiles.ts";
import { choosePlaces, longestExample, promptAt } from "./places.ts";

type Role = "prefix" | "suffix" | "middle" | "eos";

/** A line of the data, as training/finetune/examples.py reads it. */
export interface Example {
  readonly parts: readonly (string | { readonly role: Role })[];
}

type ModelThatCounts = Pick<Model, "info" | "countTokens">;

export interface FileExamples {
  readonly examples: readonly Example[];
  /** Of the file's text. */
  readonly tokens: number;
}

export async function examplesOf(file: SourceFile, model: ModelThatCounts): Promise<FileExamples> {
  const tokens = await model.countTokens([file.text]);
  const pieces = cutPieces(file.text, (0.9 * longestExample * file.text.length) / Math.max(tokens, 1));
  const continuations = pieces.map((piece, i) => {
    const isLast = i === pieces.length - 1;
    return example(continuationPrompt(file, piece, model), "", isLast);
  });
  return { examples: [...continuations, ...(await infillings(file, pieces.length, model))], tokens };
}

/** What the product sends of a text that nothing comes after. */
function continuationPrompt(file: SourceFile, typed: string, { info }: ModelThatCounts): PromptPart[] {
  return completionPrompt({ before: "", typed, suffix: "" }, pathLine(file, info), { ...info, infill: false });
}

/** As many as there are pieces, so that a model sees about as much of both. */
async function infillings(file: SourceFile, count: number, model: ModelThatCounts): Promise<Example[]> {
  if (!model.info.infill) return [];
  const examples: Example[] = [];
  for (const place of choosePlaces(file, count, "any")) {
    examples.push(example(await promptAt(file, place, model), file.text.slice(place.cursor, place.end), true));
  }
  return examples;
}

/** A prompt and the text that is to follow it, tokenized as one: at the cursor the engine heals what it cuts. */
function example(prompt: readonly PromptPart[], text: string, ends: boolean): Example {
  const parts: (string | { readonly role: Role })[] = [];
  for (const part of [...prompt, text, ...(ends ? [{ role: "eos" } as const] : [])]) {
    const last = parts.at(-1);
    if (typeof part === "string" && typeof last === "string") parts[parts.length - 1] = last + part;
    else if (typeof part === "string" ? part !== "" : "role" in part) parts.push(part as string | { role: Role });
  }
  return { parts };
}

/** Pieces of whole lines, of about so many characters. */
function cutPieces(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const limit = start + Math.max(1, Math.floor(length));
    const lineEnd = limit >= text.length ? text.length : text.lastIndexOf("\n", limit - 1) + 1;
    const end = lineEnd > start ? lineEnd : Math.min(limit, text.length);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
