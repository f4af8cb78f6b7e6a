// Reads the header of a GGUF file: its keys and the list of its tensors.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import fs from "node:fs";
import { basename } from "node:path";

import { ByteReader, GgufError } from "./byteReader.ts";
import { modelFiles } from "../../engine/splitFiles.ts";

export type GgufScalar = number | boolean | string;

/** `dims`: the input's first. Its data is in the file. */
export interface GgufTensor {
  readonly dims: readonly number[];
  /** As ggml numbers its types. */
  readonly type: number;
}

export interface GgufHeader {
  readonly scalars: ReadonlyMap<string, GgufScalar>;
  /** The keys of 32-bit floats. */
  readonly floats: ReadonlySet<string>;
  /** Lengths of the arrays. */
  readonly arrays: ReadonlyMap<string, number>;
  /** The vocabulary; empty where the file has none. */
  readonly tokens: readonly string[];
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Bytes of the file, or of all parts of a split model. */
  readonly size: number;
}

/** More than any real file needs, and little enough that a hostile count cannot exhaust memory. */
const limits = {
  keys: 10_000,
  tensors: 100_000,
  arrayLength: 4_000_000,
  dimensions: 4,
  dimension: 2 ** 32,
  parts: 1000,
};

const scalarBytes = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
]);
const floatType = 6;
const stringType = 8;
const arrayType = 9;
const tokensKey = "tokenizer.ggml.tokens";

/** Name of each tensor type, and elements and bytes of its blocks: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h */
const tensorBlocks = new Map<number, readonly [name: string, elements: number, bytes: number]>([
  [0, ["F32", 1, 4]],
  [1, ["F16", 1, 2]],
  [2, ["Q4_0", 32, 18]],
  [3, ["Q4_1", 32, 20]],
  [6, ["Q5_0", 32, 22]],
  [7, ["Q5_1", 32, 24]],
  [8, ["Q8_0", 32, 34]],
  [9, ["Q8_1", 32, 36]],
  [10, ["Q2_K", 256, 84]],
  [11, ["Q3_K", 256, 110]],
  [12, ["Q4_K", 256, 144]],
  [13, ["Q5_K", 256, 176]],
  [14, ["Q6_K", 256, 210]],
  [15, ["Q8_K", 256, 292]],
  [16, ["IQ2_XXS", 256, 66]],
  [17, ["IQ2_XS", 256, 74]],
  [18, ["IQ3_XXS", 256, 98]],
  [19, ["IQ1_S", 256, 50]],
  [20, ["IQ4_NL", 32, 18]],
  [21, ["IQ3_S", 256, 110]],
  [22, ["IQ2_S", 256, 82]],
  [23, ["IQ4_XS", 256, 136]],
  [24, ["I8", 1, 1]],
  [25, ["I16", 1, 2]],
  [26, ["I32", 1, 4]],
  [27, ["I64", 1, 8]],
  [28, ["F64", 1, 8]],
  [29, ["IQ1_M", 256, 56]],
  [30, ["BF16", 1, 2]],
  [34, ["TQ1_0", 256, 54]],
  [35, ["TQ2_0", 256, 66]],
  [39, ["MXFP4", 32, 17]],
  [40, ["NVFP4", 64, 36]],
  [41, ["Q1_0", 128, 18]],
  [42, ["Q2_0", 64, 18]],
]);

/** What ggml calls a tensor type, such as Q4_K. */
export function tensorTypeName(type: number): string {
  return tensorBlocks.get(type)?.[0] ?? String(type);
}

/**
 * Reads a model's file, or all parts of a split model by its first one.
 * @throws GgufError, or the file system's error
 */
export function readGguf(file: string): GgufHeader {
  const first = readFile(file);
  const tensors = new Map(first.tensors);
  let { size } = first;
  for (const [i, path] of otherParts(file, first.scalars.get("split.count")).entries()) {
    const part = readPart(path, i + 1);
    for (const [name, tensor] of part.tensors) {
      if (tensors.has(name)) throw new GgufError(`the tensor ${name} comes twice, again in ${basename(path)}`);
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
    const stated = part.scalars.get("split.no");
    if (stated !== number) throw new GgufError(`split.no is ${stated}, not ${number}`);
    return part;
  } catch (error) {
    throw error instanceof GgufError ? new GgufError(`in ${basename(path)}, ${error.message}`) : error;
  }
}

/** Paths of a split model's parts after the first. */
function otherParts(file: string, count: GgufScalar | undefined): readonly string[] {
  if (count === undefined || count === 1) return [];
  if (typeof count !== "number" || count < 1 || count > limits.parts) throw new GgufError(`split.count is ${count}`);
  const files = modelFiles(file);
  if (files.length === count) return files.slice(1);
  const ending = `-00001-of-${String(count).padStart(5, "0")}.gguf`;
  throw new GgufError(`it is a part of a split model: choose the first, ${ending}`);
}

function readFile(path: string): GgufHeader {
  const file = fs.openSync(path, "r");
  try {
    return readHeader(new ByteReader(file));
  } finally {
    fs.closeSync(file);
  }
}

function readHeader(reader: ByteReader): GgufHeader {
  if (reader.take(4, "magic").toString("latin1") !== "GGUF") throw new GgufError("it does not begin with “GGUF”");
  const version = reader.u32("version");
  if (version !== 2 && version !== 3) throw new GgufError(`GGUF version ${version} is not supported`);
  const tensorCount = reader.u64("tensor count", limits.tensors);
  const keyCount = reader.u64("key count", limits.keys);
  const keys = readKeys(reader, keyCount);
  const tensors = readTensors(reader, tensorCount, alignmentOf(keys.scalars));
  return { ...keys, tensors, size: reader.size };
}

function readKeys(reader: ByteReader, count: number): Pick<GgufHeader, "scalars" | "floats" | "arrays" | "tokens"> {
  const scalars = new Map<string, GgufScalar>();
  const floats = new Set<string>();
  const arrays = new Map<string, number>();
  const tokens: string[] = [];
  for (let i = 0; i < count; i++) {
    const key = reader.string("key");
    if (scalars.has(key) || arrays.has(key)) throw new GgufError(`the key ${key} comes twice`);
    const type = reader.u32(key);
    if (type === floatType) floats.add(key);
    if (type !== arrayType) scalars.set(key, readScalar(reader, key, type));
    else arrays.set(key, readArray(reader, key, key === tokensKey ? tokens : undefined));
  }
  return { scalars, floats, arrays, tokens };
}

/** Passes over an array, or takes its strings, and returns its length. */
function readArray(reader: ByteReader, key: string, strings: string[] | undefined): number {
  const type = reader.u32(key);
  const length = reader.u64(`the length of ${key}`, limits.arrayLength);
  if (type !== stringType) reader.skip(length * bytesOf(type, key), key);
  else if (strings) for (let i = 0; i < length; i++) strings.push(reader.string(key));
  else for (let i = 0; i < length; i++) reader.skip(reader.stringLength(key), key);
  return length;
}

function readScalar(reader: ByteReader, key: string, type: number): GgufScalar {
  if (type === stringType) return reader.string(key);
  const bytes = reader.take(bytesOf(type, key), key);
  switch (type) {
    case floatType:
      return bytes.readFloatLE();
    case 7:
      return bytes.readUInt8() !== 0;
    case 10:
      return Number(bytes.readBigUInt64LE());
    case 11:
      return Number(bytes.readBigInt64LE());
    case 12:
      return bytes.readDoubleLE();
    case 1:
    case 3:
    case 5:
      return bytes.readIntLE(0, bytes.length);
    default:
      return bytes.readUIntLE(0, bytes.length);
  }
}

function bytesOf(type: number, key: string): number {
  const bytes = scalarBytes.get(type);
  if (bytes === undefined) throw new GgufError(`the value of ${key} has the unknown type ${type}`);
  return bytes;
}

function alignmentOf(scalars: ReadonlyMap<string, GgufScalar>): number {
  const alignment = scalars.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || alignment < 8 || alignment > 65_536 || Math.log2(alignment) % 1 !== 0) {
    throw new GgufError(`general.alignment is ${alignment}`);
  }
  return alignment;
}

/** Reads the list of tensors, whose data follows in the same order, each at the next multiple of the alignment. */
function readTensors(reader: ByteReader, count: number, alignment: number): GgufHeader["tensors"] {
  const listed: (GgufTensor & { readonly name: string; readonly offset: number; readonly bytes: number })[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const name = reader.string("the name of a tensor");
    if (name.length > 63 || names.has(name)) throw new GgufError(`the tensor name ${name} is too long or comes twice`);
    names.add(name);
    listed.push({ name, ...readTensor(reader, name) });
  }
  const start = Math.ceil(reader.position / alignment) * alignment;
  let expected = 0;
  for (const { name, offset, bytes } of listed) {
    if (offset !== expected) throw new GgufError(`the tensor ${name} is at the offset ${offset}, not ${expected}`);
    const end = start + offset + bytes;
    if (end > reader.size) {
      throw new GgufError(`it ends at byte ${reader.size}, but the tensor ${name} reaches to byte ${end}`);
    }
    expected = Math.ceil((offset + bytes) / alignment) * alignment;
  }
  return new Map(listed.map(({ name, dims, type }) => [name, { dims, type }]));
}

function readTensor(reader: ByteReader, name: string) {
  const rank = reader.u32(name);
  if (rank < 1 || rank > limits.dimensions) throw new GgufError(`the tensor ${name} has ${rank} dimensions`);
  const dims = Array.from({ length: rank }, () => reader.u64(`a dimension of ${name}`, limits.dimension));
  const type = reader.u32(name);
  const offset = reader.u64(`the offset of ${name}`);
  const block = tensorBlocks.get(type);
  if (!block) throw new GgufError(`the tensor ${name} has the unknown type ${type}`);
  const [, elements, bytes] = block;
  const [width = 0] = dims;
  if (dims.includes(0) || width % elements !== 0)
    throw new GgufError(`the tensor ${name} has the shape ${dims.join("×")}`);
  return { dims, type, offset, bytes: (dims.reduce((product, dim) => product * dim, 1) / elements) * bytes };
}
