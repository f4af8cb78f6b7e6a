// Places in a file at which a model writes on, chosen by the file's path: the next run chooses the same.

import { createHash } from "node:crypto";

import { TextDocument } from "vscode-languageserver-textdocument";

import type { Model, PromptPart } from "../engine/engine.ts";
import { completionPrompt, pathLine } from "../completion/infillPrompt.ts";
import { completionRequest } from "../completion/request.ts";
import { SteadyWindow } from "../completion/steadyWindow.ts";
import { windowBudget } from "../completion/window.ts";
import type { SourceFile } from "./collectFiles.ts";

export interface Place {
  readonly cursor: number;
  /** Where ends what is to be written: at the end of a line. */
  readonly end: number;
}

/** Tokens of an example: what fits into the memory of most machines, and what the product sends to a slow one. */
export const longestExample = 1024;
/** Tokens that a text to be written has at most. */
const longestText = 128;
/** Of the texts to be written, those with more than the rest of a line. */
const blockShare = 0.3;
const mostLines = 8;

/** @param kind `line`: the rest of one, behind a word and with something in it */
export function choosePlaces(file: SourceFile, count: number, kind: "line" | "any"): Place[] {
  const { text } = file;
  const places: Place[] = [];
  for (let i = 0; places.length < count && i < 20 * count; i++) {
    const random = numbersOf(`${file.path}\n${kind}\n${i}`);
    const cursor = Math.floor((random[0] ?? 0) * text.length);
    const lines = kind === "any" && (random[1] ?? 0) < blockShare ? 1 + Math.floor((random[2] ?? 0) * mostLines) : 1;
    const end = endOfLines(text, cursor, lines);
    const isUseful = text.slice(cursor, end).trim() !== "" && !isHalfCharacter(text, cursor);
    const isLine = kind === "any" || (lineStart(text, cursor).trim() !== "" && !isInWord(text, cursor));
    if (isUseful && isLine && end - cursor <= 4 * longestText) places.push({ cursor, end });
  }
  return places;
}

/** Three numbers from 0 to 1. */
function numbersOf(text: string): number[] {
  const hash = createHash("sha256").update(text).digest();
  return [0, 4, 8].map((offset) => hash.readUInt32LE(offset) / 2 ** 32);
}

function endOfLines(text: string, cursor: number, lines: number): number {
  let end = cursor - 1;
  for (let i = 0; i < lines; i++) {
    const next = text.indexOf("\n", end + 1);
    if (next < 0) return text.length;
    end = next;
  }
  return end;
}

function lineStart(text: string, cursor: number): string {
  return text.slice(text.lastIndexOf("\n", cursor - 1) + 1, cursor);
}

function isHalfCharacter(text: string, cursor: number): boolean {
  return /[\uDC00-\uDFFF]/.test(text.charAt(cursor));
}

function isInWord(text: string, cursor: number): boolean {
  return /^[\p{L}\p{N}_]{2}$/u.test(text.slice(cursor - 1, cursor + 1));
}

/** What the product sends at a place, before its text is written, where nothing of other files is told. */
export async function promptAt(
  { uri, path, text }: SourceFile,
  { cursor, end }: Place,
  model: Pick<Model, "info" | "countTokens">,
): Promise<PromptPart[]> {
  const { info } = model;
  const document = TextDocument.create(uri, "plaintext", 0, text.slice(0, cursor) + text.slice(end));
  const request = { ...completionRequest({ document, position: document.positionAt(cursor), automatic: true }), path };
  const firstLine = pathLine(request, info);
  const room = { ...info, contextSize: Math.min(info.contextSize, longestExample) };
  const budget = windowBudget(room, longestText + Buffer.byteLength(firstLine));
  const window = await new SteadyWindow().cut(request, budget, (part) => model.countTokens([part]));
  return completionPrompt(window, firstLine, info);
}
