// Where each tensor of a model lies in its safetensors files. Nothing of a header is believed before it is checked.
// Format: https://github.com/huggingface/safetensors#format

import fs from "node:fs";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import { plainName } from "../../../../src/shared/plainText.ts";
import { ConversionError } from "../conversionError.ts";
import { isObject, type JsonObject, readOptionalJson } from "./readJson.ts";

/** Bytes of a number of each type that weights are published in. */
export const numberBytes = { F32: 4, F16: 2, BF16: 2 } as const;

export type NumberType = keyof typeof numberBytes;

export interface OriginalTensor {
  readonly file: string;
  /** Of its first byte, in the file. */
  readonly position: number;
  readonly shape: readonly number[];
  /** F32, F16 or BF16 where it can be converted. */
  readonly type: string;
}

const indexName = "model.safetensors.index.json";
/** As the safetensors library bounds a header. */
const mostHeaderBytes = 100_000_000;

/** The tensors of all shards by name. @throws ConversionError that names the file */
export function readTensors(folder: string): ReadonlyMap<string, OriginalTensor> {
  const index = readOptionalJson(folder, indexName);
  const shards = index ? shardsOf(index) : singleFile(folder);
  const tensors = new Map<string, OriginalTensor>();
  for (const [shard, expected] of shards) {
    const found = readShard(folder, shard);
    for (const [name, tensor] of found) {
      if (tensors.has(name)) throw new ConversionError(l10n.t("the tensor {0} comes twice", plainName(name)));
      tensors.set(name, tensor);
    }
    const missing = expected.find((name) => !found.has(name));
    if (missing !== undefined) {
      throw new ConversionError(
        l10n.t("{0} does not hold the tensor {1}: download the file again", shard, plainName(missing)),
      );
    }
  }
  return tensors;
}

function singleFile(folder: string): ReadonlyMap<string, readonly string[]> {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  const name = names.includes("model.safetensors") ? "model.safetensors" : names[0];
  if (names.length > 1 && name !== "model.safetensors") {
    throw new ConversionError(l10n.t("{0} is missing: download it into the same folder", indexName));
  }
  if (name === undefined) {
    throw new ConversionError(
      l10n.t("it holds no weights in the format safetensors: download model.safetensors, or all its parts"),
    );
  }
  return new Map([[name, []]]);
}

/** Which tensors each shard is said to hold. */
function shardsOf(index: JsonObject): ReadonlyMap<string, readonly string[]> {
  const shards = new Map<string, string[]>();
  const entries = isObject(index["weight_map"]) ? Object.entries(index["weight_map"]) : [];
  for (const [tensor, shard] of entries) {
    // A name of its own, so that an index cannot point out of the folder.
    if (typeof shard !== "string" || path.basename(shard) !== shard || !shard.endsWith(".safetensors")) {
      throw new ConversionError(l10n.t("{0} names the file {1}", indexName, plainName(JSON.stringify(shard))));
    }
    const tensors = shards.get(shard) ?? [];
    tensors.push(tensor);
    shards.set(shard, tensors);
  }
  if (shards.size === 0) throw new ConversionError(l10n.t("{0} lists no tensors: download it again", indexName));
  return shards;
}

/** The tensors of one file by name. @throws ConversionError that names the file */
export function readShard(folder: string, shard: string): ReadonlyMap<string, OriginalTensor> {
  const file = path.join(folder, shard);
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    throw new ConversionError(l10n.t("{0} is missing: download it into the same folder", shard));
  }
  const { header, dataStart } = readHeader(file, shard, size);
  const tensors = new Map<string, OriginalTensor>();
  const places: { readonly name: string; readonly start: number; readonly end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { shape, type, start, end } = readEntry(shard, name, entry);
    tensors.set(name, { file, position: dataStart + start, shape, type });
    places.push({ name, start, end });
  }
  checkPlaces(shard, places, size - dataStart);
  return tensors;
}

function readHeader(file: string, shard: string, size: number): { header: JsonObject; dataStart: number } {
  const descriptor = fs.openSync(file, "r");
  try {
    const lengthBytes = Buffer.alloc(8);
    if (fs.readSync(descriptor, lengthBytes, 0, 8, 0) < 8) throw cut(shard);
    const length = Number(lengthBytes.readBigUInt64LE());
    if (length > mostHeaderBytes) throw notSafetensors(shard);
    if (8 + length > size) throw cut(shard);
    const bytes = Buffer.alloc(length);
    if (fs.readSync(descriptor, bytes, 0, length, 8) < length) throw cut(shard);
    const header: unknown = JSON.parse(bytes.toString("utf8"));
    if (!isObject(header)) throw notSafetensors(shard);
    return { header, dataStart: 8 + length };
  } catch (error) {
    throw error instanceof SyntaxError ? notSafetensors(shard) : error;
  } finally {
    fs.closeSync(descriptor);
  }
}

function readEntry(shard: string, name: string, entry: unknown) {
  const { dtype: type, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (typeof type !== "string" || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw new ConversionError(l10n.t("{0} describes the tensor {1} wrongly", shard, plainName(name)));
  }
  const [start = 0, end = 0] = offsets;
  const elementBytes = type in numberBytes ? numberBytes[type as NumberType] : undefined;
  const bytes = elementBytes && shape.reduce((product, dim) => product * dim, elementBytes);
  if (end < start || (bytes !== undefined && end - start !== bytes)) {
    throw new ConversionError(l10n.t("{0} describes the tensor {1} wrongly", shard, plainName(name)));
  }
  return { type, shape, start, end };
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && Number(each) >= 0);
}

/** The format has the tensors one behind another, without holes, up to the end of the file. */
function checkPlaces(
  shard: string,
  places: readonly { readonly name: string; readonly start: number; readonly end: number }[],
  bytes: number,
): void {
  let expected = 0;
  for (const { name, start, end } of [...places].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== expected) {
      throw new ConversionError(
        l10n.t("{0} has the tensor {1} at byte {2}, not {3}", shard, plainName(name), start, expected),
      );
    }
    expected = end;
  }
  if (expected > bytes) throw cut(shard);
}

function cut(shard: string): ConversionError {
  return new ConversionError(l10n.t("{0} ends too early: download it again", shard));
}

function notSafetensors(shard: string): ConversionError {
  return new ConversionError(l10n.t("{0} is not a safetensors file: download it again", shard));
}
