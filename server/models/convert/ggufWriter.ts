// The header of a GGUF file, and where the data of its tensors lies.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

/** A key with its value and the type that it is written as. */
export type GgufKey = readonly [key: string, value: GgufValue];

export type GgufValue =
  | { readonly type: "u32" | "i32" | "f32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "i32[]"; readonly value: readonly number[] }
  | { readonly type: "string[]"; readonly value: readonly string[] };

export const u32 = (value: number): GgufValue => ({ type: "u32", value });
export const i32 = (value: number): GgufValue => ({ type: "i32", value });
export const f32 = (value: number): GgufValue => ({ type: "f32", value });
export const bool = (value: boolean): GgufValue => ({ type: "bool", value });
export const string = (value: string): GgufValue => ({ type: "string", value });

export interface TensorPlace {
  readonly name: string;
  /** The input's dimension first. */
  readonly dims: readonly number[];
  /** As ggml numbers its types. */
  readonly type: number;
  readonly bytes: number;
}

const typeNumbers = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const alignment = 32;

/** The header's bytes, padded, and the position of each tensor's data in the file; the file ends at `size`. */
export function layOut(
  keys: readonly GgufKey[],
  tensors: readonly TensorPlace[],
): { readonly header: Buffer; readonly positions: readonly number[]; readonly size: number } {
  const parts = [Buffer.from("GGUF"), number(4, 3), number(8, tensors.length), number(8, keys.length)];
  for (const [key, value] of keys) parts.push(text(key), encode(value));
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, dims, type, bytes } of tensors) {
    offsets.push(offset);
    const sizes = dims.map((dim) => number(8, dim));
    parts.push(text(name), number(4, dims.length), ...sizes, number(4, type), number(8, offset));
    offset += aligned(bytes);
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(Buffer.alloc(aligned(length) - length));
  const header = Buffer.concat(parts);
  return { header, positions: offsets.map((each) => header.length + each), size: header.length + offset };
}

function encode(entry: GgufValue): Buffer {
  switch (entry.type) {
    case "u32":
      return Buffer.concat([number(4, typeNumbers.u32), number(4, entry.value)]);
    case "i32":
      return Buffer.concat([number(4, typeNumbers.i32), number(4, entry.value >>> 0)]);
    case "f32":
      return Buffer.concat([number(4, typeNumbers.f32), float(entry.value)]);
    case "bool":
      return Buffer.concat([number(4, typeNumbers.bool), number(1, entry.value ? 1 : 0)]);
    case "string":
      return Buffer.concat([number(4, typeNumbers.string), text(entry.value)]);
    case "i32[]": {
      const elements = Buffer.alloc(4 * entry.value.length);
      entry.value.forEach((each, i) => elements.writeInt32LE(each, 4 * i));
      return array(typeNumbers.i32, entry.value.length, [elements]);
    }
    case "string[]":
      return array(typeNumbers.string, entry.value.length, entry.value.map(text));
  }
}

function array(type: number, length: number, elements: readonly Buffer[]): Buffer {
  return Buffer.concat([number(4, typeNumbers.array), number(4, type), number(8, length), ...elements]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(8, bytes.length), bytes]);
}

function number(bytes: 1 | 4 | 8, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value));
  else buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

function float(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function aligned(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}
