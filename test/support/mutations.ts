// Damages model files at random, where it is likely to be noticed late.

import type { GgufValue } from "../fixtures/ggufWriter.ts";
import { readModelFile } from "../../server/models/files/readModelFile.ts";

/** A generator that gives the same numbers each time: below `below`, and not negative. */
export type Random = (below: number) => number;

/** Lehmer's generator with the multiplier of Park and Miller's “minimal standard”. */
export function seededRandom(seed: number): Random {
  let state = seed % 2_147_483_647 || 1;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

/** Numbers at the edges of what programs take for granted. */
const edges = [0, 1, 2, 3, 7, 31, 33, 255, 256, 4095, 65_535, 1_000_003, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** A good file's bytes, and the places in it where 32-bit numbers are that say what it is. */
export interface Mutable {
  readonly bytes: Buffer;
  readonly headerLength: number;
  readonly ofKeys: readonly number[];
  readonly ofTensors: readonly number[];
}

export function findPlaces(file: string, bytes: Buffer): Mutable {
  const { scalars, tensors } = readModelFile(file);
  const after = (name: string) => bytes.indexOf(lengthAndText(name)) + 8 + Buffer.byteLength(name);
  // A key is followed by its type and value, a tensor's name by its rank, dimensions, type and offset.
  const ofKeys = [...scalars.keys()].flatMap((key) => [after(key), after(key) + 4]);
  const ofTensors = [...tensors].flatMap(([name, { dims }]) =>
    Array.from({ length: 1 + 2 * dims.length + 3 }, (_, i) => after(name) + 4 * i),
  );
  return { bytes, headerLength: Math.max(...ofTensors) + 4, ofKeys, ofTensors };
}

/** A copy with some numbers and bytes of its header changed. */
export function mutate({ bytes, headerLength, ofKeys, ofTensors }: Mutable, random: Random): Buffer {
  const mutated = Buffer.from(bytes);
  for (let i = random(3); i >= 0; i--) {
    // Most of what is wrong with a tensor is plain.
    const places = random(5) === 0 ? ofTensors : ofKeys;
    const place = places[random(places.length)] ?? 0;
    const kind = random(4);
    if (kind === 0) mutated[random(headerLength)] = random(256);
    else if (kind === 1) mutated[place + random(4)] = random(256);
    else if (kind === 2) mutated.writeUInt32LE(edges[random(edges.length)] ?? 0, place);
    // One more or less than is right is what a careless check lets pass.
    else mutated.writeUInt32LE((mutated.readUInt32LE(place) + 2 ** 32 + random(5) - 2) % 2 ** 32, place);
  }
  return mutated;
}

function lengthAndText(text: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([length, Buffer.from(text)]);
}

/** Keys that llama.cpp reads where they are, of those that a good file does not have. */
const otherKeys = [
  "attention.key_length",
  "attention.value_length",
  "attention.scale",
  "attention.sliding_window",
  "attention.causal",
  "rope.dimension_count",
  "rope.freq_base",
  "rope.scaling.type",
  "rope.scaling.factor",
  "rope.scaling.original_context_length",
  "expert_count",
  "expert_used_count",
  "expert_group_count",
  "nextn_predict_layers",
  "pooling_type",
  "vocab_size",
  "embedding_length_out",
  "classifier.output_labels",
];
const generalKeys = [
  "general.alignment",
  "general.type",
  "split.count",
  "split.no",
  "tokenizer.ggml.scores",
  "tokenizer.ggml.add_bos_token",
  "tokenizer.ggml.add_space_prefix",
  "tokenizer.ggml.suppress_tokens",
  "tokenizer.ggml.eot_token_id",
  "tokenizer.ggml.fim_pre_token_id",
  "tokenizer.chat_template",
];

/** Keys of a good file with one or two values that a file may well have, and that are not right: of any type, size or sign. */
export function mutateValues(
  metadata: Readonly<Record<string, GgufValue>>,
  layers: number,
  random: Random,
): Record<string, GgufValue> {
  const mutated = { ...metadata };
  const architecture = String(metadata["general.architecture"]?.value);
  const keys = [...Object.keys(metadata), ...otherKeys.map((key) => `${architecture}.${key}`), ...generalKeys];
  for (let i = random(2); i >= 0; i--) {
    const key = pick(keys, random);
    const value = wrongValue(metadata[key], layers, random);
    if (value) mutated[key] = value;
    else Reflect.deleteProperty(mutated, key);
  }
  return mutated;
}

function wrongValue(good: GgufValue | undefined, layers: number, random: Random): GgufValue | undefined {
  const old = typeof good?.value === "number" ? Math.trunc(good.value) : 4;
  const near = [old + 1, old - 1, 2 * old, Math.floor(old / 2), 0, 1, 2, 3, 7, 64].filter(
    (each) => each >= 0 && each < 2 ** 32,
  );
  const number = random(3) === 0 ? pick(edges, random) : pick(near, random);
  const kinds: readonly (GgufValue | undefined)[] = [
    { type: "u32", value: number },
    { type: "u32", value: number },
    { type: "u16", value: number % 2 ** 16 },
    { type: "u64", value: number },
    { type: "i32", value: -1 - random(3) },
    { type: "f32", value: pick([0, -1, NaN, Infinity, 1e-30, 1e30, old], random) },
    { type: "bool", value: random(2) === 0 },
    { type: "string", value: pick(["", "x", "linear", "llama", "\0", "y".repeat(70_000)], random) },
    { type: "u32[]", value: Array.from({ length: layers }, () => number) },
    { type: "u32[]", value: Array.from({ length: layers }, (_, i) => (i === 0 ? old : number)) },
    { type: "i32[]", value: Array.from({ length: random(4) * 1000 }, () => -1) },
    { type: "string[]", value: Array.from({ length: random(3) * 1000 }, (_, i) => `a ${i % 900}`) },
    undefined,
  ];
  return pick(kinds, random);
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random(values.length)] as T;
}
