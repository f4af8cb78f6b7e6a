// Reads the header of a GGUF file: its keys and the list of its tensors. It keeps what a check asks for, within bounds
// that no real file meets. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import * as l10n from "@vscode/l10n";

import { type ByteReader, GgufError } from "./byteReader.ts";
import { type GgufArray, type GgufScalar, readArray, readScalar, valueFault, valueTypes } from "./ggufValues.ts";
import { tensorBytes, tensorTypeName, unknownTypeCause } from "./tensorTypes.ts";

/** `dims`: the input's first. Its data is in the file. */
export interface GgufTensor {
  readonly dims: readonly number[];
  /** As ggml numbers its types. */
  readonly type: number;
}

export interface GgufHeader {
  /** Of a long string the first kilobyte. */
  readonly scalars: ReadonlyMap<string, GgufScalar>;
  /** The types of the scalars, as GGUF numbers them. */
  readonly types: ReadonlyMap<string, number>;
  readonly arrays: ReadonlyMap<string, GgufArray>;
  /** The vocabulary, each byte as one character; empty where the file has none. */
  readonly tokens: readonly string[];
  /** What the file says that it is for. */
  readonly tags: readonly string[];
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Bytes of the file, or of all parts of a split model. */
  readonly size: number;
}

/** More than any real file needs, and little enough that a hostile count cannot exhaust memory. */
const limits = {
  keys: 2000,
  keyBytes: 200,
  tensors: 100_000,
  tensorNameBytes: 63,
  /** The largest vocabulary of a Falcon model has 261,120 tokens. */
  tokens: 1_000_000,
  tokenBytes: 2 ** 14,
  dimensions: 4,
  dimension: 2 ** 32,
};

/**
 * The most that the squares of the tokens' lengths add up to, ten times that of the largest vocabulary: what llama.cpp
 * writes for a token whose bytes it does not know grows with the square of its length. It bounds the bytes, too.
 */
const tokenWork = 2 ** 28;

const tokensKey = "tokenizer.ggml.tokens";
const tagsKey = "general.tags";

/** @throws GgufError */
export function readHeader(reader: ByteReader): GgufHeader {
  // The caller saw “GGUF”.
  reader.skip(4, "magic");
  const version = reader.u32("version");
  // Version 3 with its bytes the other way round.
  if (version === 0x0300_0000 || version === 0x0200_0000) {
    throw new GgufError(
      l10n.t("it is a big-endian file, for processors such as IBM's: download the model's usual, little-endian file"),
    );
  }
  if (version !== 2 && version !== 3) throw new GgufError(l10n.t("GGUF version {0} is not supported", String(version)));
  const tensorCount = reader.u64("tensor count", limits.tensors);
  const keyCount = reader.u64("key count", limits.keys);
  const keys = readKeys(reader, keyCount);
  const tensors = readTensors(reader, tensorCount, alignmentOf(keys));
  return { ...keys, tensors, size: reader.size };
}

type Keys = Pick<GgufHeader, "scalars" | "types" | "arrays" | "tokens" | "tags">;

function readKeys(reader: ByteReader, count: number): Keys {
  const scalars = new Map<string, GgufScalar>();
  const types = new Map<string, number>();
  const arrays = new Map<string, GgufArray>();
  let tokens: readonly string[] = [];
  let tags: readonly string[] = [];
  for (let i = 0; i < count; i++) {
    const key = readName(reader, "key", limits.keyBytes);
    if (scalars.has(key) || arrays.has(key)) throw new GgufError(l10n.t("the key {0} comes twice", key));
    const type = reader.u32(key);
    if (type !== valueTypes.array) {
      types.set(key, type);
      scalars.set(key, readScalar(reader, key, type));
      continue;
    }
    arrays.set(
      key,
      readArray(reader, key, (elementType, length) => {
        if (elementType !== valueTypes.string) return false;
        if (key === tokensKey) tokens = readStrings(reader, key, length);
        else if (key === tagsKey) tags = readStrings(reader, key, length);
        else return false;
        return true;
      }),
    );
  }
  return { scalars, types, arrays, tokens, tags };
}

/** llama.cpp takes a zero byte for the end of a name, and would find another than a check does. */
function readName(reader: ByteReader, what: string, most: number): string {
  const name = reader.bytes(what, most);
  if (!/^[!-~]+$/.test(name)) throw new GgufError(l10n.t("{0} is {1}", what, JSON.stringify(name)));
  return name;
}

function readStrings(reader: ByteReader, key: string, length: number): readonly string[] {
  if (length > limits.tokens) throw new GgufError(l10n.t("{0} has {1} entries", key, String(length)));
  const strings: string[] = [];
  let work = 0;
  for (let i = 0; i < length; i++) {
    const string = reader.bytes(key, limits.tokenBytes);
    work += string.length ** 2;
    if (work > tokenWork) throw new GgufError(l10n.t("the tokens of {0} are longer than any text", key));
    strings.push(string);
  }
  return strings;
}

/** gguf.cpp ends the process where the type is another. */
function alignmentOf(keys: Keys): number {
  const key = "general.alignment";
  const alignment = keys.scalars.get(key) ?? 32;
  const isOfType = (keys.types.get(key) ?? valueTypes.u32) === valueTypes.u32 && !keys.arrays.has(key);
  if (isOfType && typeof alignment === "number" && alignment >= 8 && alignment <= 65_536) {
    if (Math.log2(alignment) % 1 === 0) return alignment;
  }
  throw valueFault(keys, key);
}

/** Reads the list of tensors, whose data follows in the same order, each at the next multiple of the alignment. */
function readTensors(reader: ByteReader, count: number, alignment: number): GgufHeader["tensors"] {
  const listed: (GgufTensor & { readonly name: string; readonly offset: number; readonly bytes: number })[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const name = readName(reader, "the name of a tensor", limits.tensorNameBytes);
    if (names.has(name)) throw new GgufError(l10n.t("the tensor {0} comes twice", name));
    names.add(name);
    listed.push({ name, ...readTensor(reader, name) });
  }
  const start = Math.ceil(reader.position / alignment) * alignment;
  let expected = 0;
  for (const { name, offset, bytes } of listed) {
    if (offset !== expected) {
      throw new GgufError(
        l10n.t("the tensor {0} is at the offset {1}, not {2}", name, String(offset), String(expected)),
      );
    }
    expected = Math.ceil((offset + bytes) / alignment) * alignment;
  }
  const last = listed.at(-1);
  const end = start + (last ? last.offset + last.bytes : 0);
  if (end > reader.size) {
    throw new GgufError(
      l10n.t(
        "only {0} of its {1} bytes are there, so that the download was not finished: download it again",
        String(reader.size),
        String(end),
      ),
    );
  }
  return new Map(listed.map(({ name, dims, type }) => [name, { dims, type }]));
}

function readTensor(reader: ByteReader, name: string) {
  const rank = reader.u32(name);
  if (rank < 1 || rank > limits.dimensions) {
    throw new GgufError(l10n.t("the tensor {0} has {1} dimensions", name, String(rank)));
  }
  const dims = Array.from({ length: rank }, () => reader.u64(`a dimension of ${name}`, limits.dimension));
  const type = reader.u32(name);
  const offset = reader.u64(`the offset of ${name}`);
  const cause = unknownTypeCause(type);
  if (cause !== undefined) throw new GgufError(cause);
  const bytes = tensorBytes(type, dims);
  if (bytes === undefined) {
    throw new GgufError(
      l10n.t("the tensor {0} of the type {1} has the shape {2}", name, tensorTypeName(type), dims.join("×")),
    );
  }
  return { dims, type, offset, bytes };
}
