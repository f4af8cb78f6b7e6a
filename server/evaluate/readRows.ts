// Reads the rows of a published file: JSON lines, also compressed by gzip, one JSON array, or Parquet.

import fs from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import * as l10n from "@vscode/l10n";
import * as v from "valibot";

import { UserError } from "../userError.ts";
import { readParquet } from "./readParquet.ts";

/** What a row holds, and whose data it is, for who reads what is wrong with it. */
export interface RowFormat<Row> {
  readonly title: string;
  readonly row: v.GenericSchema<unknown, Row>;
}

/** @throws UserError that names the file, the line and the field */
export async function readRows<Row>(file: string, format: RowFormat<Row>): Promise<Row[]> {
  if (file.toLowerCase().endsWith(".parquet")) {
    const rows = await readParquet(file);
    return rows.map((row, i) => readRow(file, format, i + 1, row));
  }
  const text = file.toLowerCase().endsWith(".gz") ? await unzip(file) : await fs.readFile(file, "utf8");
  if (text.trimStart().startsWith("[")) {
    const rows = parse(file, undefined, text);
    if (Array.isArray(rows)) return rows.map((row, i) => readRow(file, format, i + 1, row));
  }
  return text
    .split("\n")
    .flatMap((line, i) => (line.trim() === "" ? [] : [readRow(file, format, i + 1, parse(file, i + 1, line))]));
}

async function unzip(file: string): Promise<string> {
  const bytes = await fs.readFile(file);
  try {
    return (await promisify(gunzip)(bytes)).toString();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("{0} could not be read as gzip ({1}). Fetch the file again.", file, cause));
  }
}

function parse(file: string, line: number | undefined, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw line === undefined
      ? new UserError(l10n.t("{0} is no JSON. Fetch the file again.", file))
      : new UserError(l10n.t("Line {0} of {1} is no JSON. Fetch the file again.", line, file));
  }
}

function readRow<Row>(file: string, { title, row: schema }: RowFormat<Row>, line: number, row: unknown): Row {
  const result = v.safeParse(schema, row);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  const fault = field === null ? issue.message : `${field}: ${issue.message}`;
  throw new UserError(
    l10n.t("Row {0} of {1} is no question of {2} ({3}). Choose the published data.", line, file, title, fault),
  );
}
