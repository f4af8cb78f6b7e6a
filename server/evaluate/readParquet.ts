// Reads the rows of a Parquet file.

import path from "node:path";
import zlib from "node:zlib";
import * as l10n from "@vscode/l10n";
// The format is a large one: encodings of columns, nested lists, compression. The package has no dependencies.
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

import { UserError } from "../userError.ts";

/** Beside Snappy, which the reader has itself. */
const compressors = { GZIP: (input: Uint8Array) => zlib.gunzipSync(input) };

/** @throws UserError */
export async function readParquet(file: string): Promise<unknown[]> {
  try {
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path.resolve(file)), compressors });
    return rows.map(withNumbers);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("{0} could not be read as Parquet ({1}). Fetch the file again.", file, cause));
  }
}

/** Whole numbers of 64 bits come as those of a type of their own. */
function withNumbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withNumbers(each)]));
}
