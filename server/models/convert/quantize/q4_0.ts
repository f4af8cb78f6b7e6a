// Q4_0: blocks of 32 numbers as a scale in 16 bits and 4 bits each, the largest one -8 times the scale. Block and formula
// by block_q4_0 of ggml-common.h and quantize_row_q4_0_ref() of ggml-quants.c, every step rounded to 32 bits as there.

import { toHalf } from "./halves.ts";
import { largest } from "./largest.ts";

const { fround, min } = Math;

export function quantizeQ4_0(source: Float32Array, target: Uint8Array, count: number): void {
  let at = 0;
  for (let start = 0; start < count; start += 32) {
    const scale = fround(largest(source, start, 32) / -8);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    const half = toHalf(scale);
    target[at++] = half;
    target[at++] = half >>> 8;
    for (let i = start; i < start + 16; i++) {
      const low = min(15, fround(fround((source[i] as number) * inverse) + 8.5) | 0);
      const high = min(15, fround(fround((source[i + 16] as number) * inverse) + 8.5) | 0);
      target[at++] = low | (high << 4);
    }
  }
}
