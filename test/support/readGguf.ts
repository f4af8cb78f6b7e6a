// Reads a GGUF file whole, with all values, for comparisons. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import fs from "node:fs";

import { tensorBytes } from "../../server/models/files/tensorTypes.ts";

export interface ReadGguf {
  readonly keys: ReadonlyMap<string, { readonly type: readonly string[]; readonly value: unknown }>;
  readonly tensors: ReadonlyMap<
    string,
    { readonly dims: readonly number[]; readonly type: number; readonly bytes: Buffer }
  >;
}

const names = ["UINT8", "INT8", "UINT16", "INT16", "UINT32", "INT32", "FLOAT32", "BOOL", "STRING", "ARRAY"];

export function readGguf(file: string): ReadGguf {
  const bytes = fs.readFileSync(file);
  let at = 8;
  const u32 = () => bytes.readUInt32LE((at += 4) - 4);
  const u64 = () => Number(bytes.readBigUInt64LE((at += 8) - 8));
  const text = () => {
    const length = u64();
    return bytes.toString("utf8", at, (at += length));
  };
  const scalar = (type: string): unknown => {
    if (type === "STRING") return text();
    if (type === "UINT32") return u32();
    if (type === "INT32") return u32() | 0;
    if (type === "FLOAT32") return bytes.readFloatLE((at += 4) - 4);
    if (type === "BOOL") return bytes.readUInt8(at++) === 1;
    throw new Error(`a value of the type ${type}`);
  };
  const value = () => {
    const type = names[u32()] ?? "";
    if (type !== "ARRAY") return { type: [type], value: scalar(type) };
    const element = names[u32()] ?? "";
    const length = u64();
    return { type: [type, element], value: Array.from({ length }, () => scalar(element)) };
  };
  const counts = [u64(), u64()] as const;
  const keys = new Map(Array.from({ length: counts[1] }, () => [text(), value()]));
  const infos = Array.from({ length: counts[0] }, () => {
    const name = text();
    const dims = Array.from({ length: u32() }, u64);
    return { name, dims, type: u32(), offset: u64() };
  });
  const start = Math.ceil(at / 32) * 32;
  const tensors = infos.map(({ name, dims, type, offset }) => {
    const length = tensorBytes(type, dims) ?? 0;
    return [name, { dims, type, bytes: bytes.subarray(start + offset, start + offset + length) }] as const;
  });
  return { keys, tensors: new Map(tensors) };
}
