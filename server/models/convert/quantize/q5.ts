// Q5_0 and Q5_1: blocks of 32 numbers with 5 bits each, whose fifth bits stand together. They take the place of Q4_K and
// Q5_K where those do not fit. Blocks and formulas by block_q5_0 and block_q5_1 of ggml-common.h and
// quantize_row_q5_0_ref() and quantize_row_q5_1_ref() of ggml-quants.c, every step rounded to 32 bits as there.

import { toHalf } from "./halves.ts";
import { largest } from "./largest.ts";

const { fround, min } = Math;

/** By a scale, the largest number at -16 of it. */
export function quantizeQ5_0(source: Float32Array, target: Uint8Array, count: number): void {
  for (let start = 0, at = 0; start < count; start += 32, at += 22) {
    const scale = fround(largest(source, start, 32) / -16);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    putHalf(target, at, scale);
    pack(target, at + 2, (i) => min(31, fround(fround((source[start + i] as number) * inverse) + 16.5) | 0));
  }
}

/** By a scale and the least number. */
export function quantizeQ5_1(source: Float32Array, target: Uint8Array, count: number): void {
  for (let start = 0, at = 0; start < count; start += 32, at += 24) {
    let least = Infinity;
    let most = -Infinity;
    for (let i = start; i < start + 32; i++) {
      const value = source[i] as number;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    const scale = fround(fround(most - least) / 31);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    putHalf(target, at, scale);
    putHalf(target, at + 2, least);
    pack(target, at + 4, (i) => fround(fround(fround((source[start + i] as number) - least) * inverse) + 0.5) | 0);
  }
}

function putHalf(target: Uint8Array, at: number, value: number): void {
  const half = toHalf(value);
  target[at] = half;
  target[at + 1] = half >>> 8;
}

/** Four bytes of fifth bits, and the rest as two numbers a byte. */
function pack(target: Uint8Array, at: number, valueAt: (index: number) => number): void {
  let high = 0;
  for (let i = 0; i < 16; i++) {
    const first = valueAt(i);
    const second = valueAt(i + 16);
    target[at + 4 + i] = (first & 15) | ((second & 15) << 4);
    high |= ((first >>> 4) & 1) << i;
    high |= ((second >>> 4) & 1) << (i + 16);
  }
  for (let byte = 0; byte < 4; byte++) target[at + byte] = high >>> (8 * byte);
}
