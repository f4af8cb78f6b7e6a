// Damages model files at random, where it is likely to be noticed late.

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
