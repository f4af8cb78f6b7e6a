// The quantizer of each type.

import type { TensorType } from "../tensorTypes.ts";
import { floatsToBfloats, floatsToHalves } from "./halves.ts";
import { quantizeQ4_0 } from "./q4_0.ts";
import { quantizeQ4_K, quantizeQ5_K } from "./q4_k_q5_k.ts";
import { quantizeQ5_0, quantizeQ5_1 } from "./q5.ts";
import { quantizeQ6_K } from "./q6_k.ts";
import { quantizeQ8_0 } from "./q8_0.ts";

/** Writes `count` numbers, which are whole blocks, into the bytes of a type; both begin at a multiple of 4 bytes. */
export type Encoder = (source: Float32Array, target: Uint8Array, count: number) => void;

export const encoders: Readonly<Record<TensorType, Encoder>> = {
  F32: (source, target, count) => {
    new Float32Array(target.buffer, target.byteOffset, count).set(source.subarray(0, count));
  },
  F16: floatsToHalves,
  BF16: floatsToBfloats,
  Q8_0: quantizeQ8_0,
  Q6_K: quantizeQ6_K,
  Q5_K: quantizeQ5_K,
  Q5_1: quantizeQ5_1,
  Q5_0: quantizeQ5_0,
  Q4_K: quantizeQ4_K,
  Q4_0: quantizeQ4_0,
};
