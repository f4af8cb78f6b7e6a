// Q8_0: blocks of 32 numbers as a scale in 16 bits and an integer of 8 bits each. Block and formula by block_q8_0 of
// ggml-common.h and quantize_row_q8_0_ref() of ggml-quants.c, every step rounded to 32 bits as there.

import { toHalf } from "./halves.ts";

const { abs, fround } = Math;

export function quantizeQ8_0(source: Float32Array, target: Uint8Array, count: number): void {
  let at = 0;
  for (let start = 0; start < count; start += 32) {
    let most = 0;
    for (let i = start; i < start + 32; i++) {
      const size = abs(source[i] as number);
      if (size > most) most = size;
    }
    const scale = fround(most / 127);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    const half = toHalf(scale);
    target[at++] = half;
    target[at++] = half >>> 8;
    for (let i = start; i < start + 32; i++) {
      const value = fround((source[i] as number) * inverse);
      // Halves away from zero.
      target[at++] = value + (value < 0 ? -0.5 : 0.5);
    }
  }
}
