// Reads the files of settings that lie beside the weights.

import fs from "node:fs";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import { ConversionError } from "../conversionError.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The largest tokenizer.json of a Falcon model, with 261,120 tokens, has 30 MB. */
const mostBytes = 2 ** 28;

/** @throws ConversionError where the file is missing or holds no object */
export function readJson(folder: string, name: string): JsonObject {
  const json = readOptionalJson(folder, name);
  if (!json) throw new ConversionError(l10n.t("{0} is missing: download it into the same folder", name));
  return json;
}

/** undefined where there is no such file. */
export function readOptionalJson(folder: string, name: string): JsonObject | undefined {
  const text = readOptionalText(folder, name);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new ConversionError(l10n.t("{0} is not valid JSON: download it again", name));
}

export function readOptionalText(folder: string, name: string): string | undefined {
  const file = path.join(folder, name);
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  if (size > mostBytes) throw new ConversionError(l10n.t("{0} has {1} bytes, more than any model's", name, size));
  return fs.readFileSync(file, "utf8");
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
