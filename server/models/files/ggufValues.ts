// The values of a header's keys: scalars, of which all are kept, and arrays, of which the short ones of numbers are.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { type ByteReader, GgufError } from "./byteReader.ts";

export type GgufScalar = number | boolean | string;

export interface GgufArray {
  readonly type: number;
  readonly length: number;
  /** The numbers of a short array of numbers. */
  readonly numbers: readonly number[];
}

export const valueTypes = { u16: 2, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

/** More than any real file needs. */
const mostElements = 4_000_000;
/** llama.cpp's most layers: longer arrays of numbers say nothing of layers. */
const keptNumbers = 512;

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

/**
 * Passes over an array; the numbers of a short one come back.
 * @param take takes the elements itself, or returns false
 */
export function readArray(reader: ByteReader, key: string, take: (type: number, length: number) => boolean): GgufArray {
  const type = reader.u32(key);
  const length = reader.u64(`the length of ${key}`, mostElements);
  const numbers = take(type, length) ? [] : passArray(reader, key, type, length);
  return { type, length, numbers };
}

function passArray(reader: ByteReader, key: string, type: number, length: number): readonly number[] {
  if (type === valueTypes.string) {
    for (let i = 0; i < length; i++) reader.skipString(key);
    return [];
  }
  const bytes = bytesOf(type, key);
  if (length <= keptNumbers) return Array.from({ length }, () => Number(readScalar(reader, key, type)));
  reader.skip(length * bytes, key);
  return [];
}

export function readScalar(reader: ByteReader, key: string, type: number): GgufScalar {
  if (type === valueTypes.string) return reader.string(key);
  const bytes = reader.take(bytesOf(type, key), key);
  switch (type) {
    case valueTypes.f32:
      return bytes.readFloatLE();
    case valueTypes.bool:
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
  if (bytes === undefined) throw new GgufError(l10n.t("the value of {0} has the unknown type {1}", key, String(type)));
  return bytes;
}

/** Says what a key is that should be something else. */
export function valueFault(
  {
    scalars,
    arrays,
  }: { readonly scalars: ReadonlyMap<string, GgufScalar>; readonly arrays: ReadonlyMap<string, GgufArray> },
  key: string,
  value = scalars.get(key),
): GgufError {
  if (value !== undefined) return new GgufError(l10n.t("{0} is {1}", key, plainName(String(value))));
  const list = arrays.get(key);
  if (!list) return new GgufError(l10n.t("{0} is missing", key));
  return new GgufError(
    l10n.t("{0} is a list of {1} values, where llama.cpp takes a single one", key, String(list.length)),
  );
}
