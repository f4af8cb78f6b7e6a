// Reads the header of a model's file, or says what the file is where it is no GGUF file.

import fs from "node:fs";
import { basename } from "node:path";
import * as l10n from "@vscode/l10n";

import { modelFiles } from "../../engine/splitFiles.ts";
import { ByteReader, GgufError } from "./byteReader.ts";
import { foreignCause } from "./foreignFile.ts";
import { type GgufHeader, readHeader } from "./gguf.ts";
import { valueFault, valueTypes } from "./ggufValues.ts";

/** The most parts of a split model. */
const mostParts = 1000;
/** No weights are so many zeros: a download that keeps the room for the whole file ends so. */
const zerosAtEnd = 2 ** 20;

/**
 * Reads a model's file, or all parts of a split model by its first one.
 * @throws GgufError, or the file system's error
 */
export function readModelFile(file: string): GgufHeader {
  const first = readFile(file);
  const tensors = new Map(first.tensors);
  let { size } = first;
  for (const [i, path] of otherParts(file, first).entries()) {
    const part = readPart(path, i + 1);
    for (const [name, tensor] of part.tensors) {
      if (tensors.has(name)) {
        throw new GgufError(l10n.t("the tensor {0} comes twice, again in {1}", name, basename(path)));
      }
      tensors.set(name, tensor);
    }
    size += part.size;
  }
  return { ...first, tensors, size };
}

/** A later part of a split model; its faults name its file, since the user chose the first. */
function readPart(path: string, number: number): GgufHeader {
  try {
    const part = readFile(path);
    if (part.scalars.get("split.no") !== number) throw valueFault(part, "split.no");
    return part;
  } catch (error) {
    throw error instanceof GgufError
      ? new GgufError(l10n.t("in its part {0}: {1}", basename(path), error.message))
      : error;
  }
}

/** Paths of a split model's parts after the first. */
function otherParts(file: string, header: GgufHeader): readonly string[] {
  const count = header.scalars.get("split.count");
  if (count === undefined || count === 1) return [];
  if (typeof count !== "number" || count < 1 || count > mostParts) {
    throw valueFault(header, "split.count");
  }
  const files = modelFiles(file);
  if (files.length === count) return files.slice(1);
  const number = Number(header.scalars.get("split.no") ?? 0) + 1;
  throw new GgufError(
    l10n.t(
      "it is part {0} of {1} of a split model: choose the first part, whose name ends in {2}, with the others beside it",
      String(number),
      String(count),
      `-00001-of-${String(count).padStart(5, "0")}.gguf`,
    ),
  );
}

function readFile(path: string): GgufHeader {
  const file = fs.openSync(path, "r");
  try {
    const beginning = Buffer.alloc(512);
    const cause = foreignCause(beginning.subarray(0, fs.readSync(file, beginning, 0, beginning.length, 0)));
    if (cause !== undefined) throw new GgufError(cause);
    const header = readHeader(new ByteReader(file));
    checkSplitKeys(header);
    if (endsInZeros(file, header.size)) {
      throw new GgufError(l10n.t("it ends in zeros, so that the download was not finished: download it again"));
    }
    return header;
  } finally {
    fs.closeSync(file);
  }
}

/** The native code asserts the type of these wherever it reads them. */
function checkSplitKeys(header: GgufHeader): void {
  for (const key of ["split.no", "split.count"]) {
    const isOfType = (header.types.get(key) ?? valueTypes.u16) === valueTypes.u16 && !header.arrays.has(key);
    if (!isOfType) throw valueFault(header, key);
  }
}

function endsInZeros(file: number, size: number): boolean {
  const end = Buffer.alloc(zerosAtEnd);
  const read = fs.readSync(file, end, 0, zerosAtEnd, Math.max(size - zerosAtEnd, 0));
  return read === zerosAtEnd && end.every((byte) => byte === 0);
}
