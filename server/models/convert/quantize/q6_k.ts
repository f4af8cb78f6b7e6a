// Q6_K: blocks of 256 numbers of 6 bits in sixteen parts, each with a scale of 8 bits. Block and formula by block_q6_K of
// ggml-common.h and quantize_row_q6_K_ref() and make_qx_quants() of ggml-quants.c, every step rounded to 32 bits as there.

import { fromHalf, toHalf } from "./halves.ts";
import { largest } from "./largest.ts";
import { nearest, within } from "./nearest.ts";

const { abs, fround, min } = Math;

const blockSize = 256;
const blockBytes = 210;
const partSize = 16;
const parts = blockSize / partSize;
const levelsBelow = 32;
/** Of less, all is zero. */
const least = fround(1e-15);

const scales = new Float32Array(parts);
const levels = new Uint8Array(blockSize);
/** Of the numbers of a part: large ones count more. */
const weights = new Float32Array(partSize);
const weighted = new Float32Array(partSize);

export function quantizeQ6_K(source: Float32Array, target: Uint8Array, count: number): void {
  for (let start = 0, at = 0; start < count; start += blockSize, at += blockBytes) {
    let most = 0;
    for (let part = 0; part < parts; part++) {
      const scale = bestScale(source, start + partSize * part, partSize * part);
      scales[part] = scale;
      if (abs(scale) > abs(most)) most = scale;
    }
    if (abs(most) < least) {
      target.fill(0, at, at + blockBytes);
      continue;
    }
    quantizeBlock(source, start, target, at, most);
  }
}

function quantizeBlock(source: Float32Array, start: number, target: Uint8Array, at: number, most: number): void {
  const inverse = fround(-128 / most);
  const half = toHalf(fround(1 / inverse));
  target[at + 208] = half;
  target[at + 209] = half >>> 8;
  for (let part = 0; part < parts; part++) {
    const partScale = min(127, nearest(fround(inverse * (scales[part] as number))));
    target[at + 192 + part] = partScale;
    const scale = fround(fromHalf(half) * partScale);
    if (scale === 0) continue;
    for (let i = partSize * part; i < partSize * (part + 1); i++) {
      const level = nearest(fround((source[start + i] as number) / scale));
      levels[i] = within(-levelsBelow, level, levelsBelow - 1) + levelsBelow;
    }
  }
  pack(target, at);
}

/** The scale with the least error, large numbers counting more; their levels by it come into `levels`. */
function bestScale(x: Float32Array, start: number, at: number): number {
  const most = largest(x, start, partSize);
  if (abs(most) < least) {
    levels.fill(0, at, at + partSize);
    return 0;
  }
  for (let i = 0; i < partSize; i++) {
    const value = x[start + i] as number;
    weights[i] = value * value;
    weighted[i] = (weights[i] as number) * value;
  }
  let inverse = fround(-levelsBelow / most);
  let [sumXL, sumL2] = sumsOf(x, start, inverse);
  putLevels(x, start, at, inverse);
  let scale = sumL2 === 0 ? 0 : fround(sumXL / sumL2);
  let best = fround(scale * sumXL);
  for (let step = -9; step <= 9; step++) {
    if (step === 0) continue;
    inverse = fround(-fround(levelsBelow + fround(fround(0.1) * step)) / most);
    [sumXL, sumL2] = sumsOf(x, start, inverse);
    if (!(sumL2 > 0 && fround(sumXL * sumXL) > fround(best * sumL2))) continue;
    putLevels(x, start, at, inverse);
    scale = fround(sumXL / sumL2);
    best = fround(scale * sumXL);
  }
  return scale;
}

function sumsOf(x: Float32Array, start: number, inverse: number): readonly [number, number] {
  let sumXL = 0;
  let sumL2 = 0;
  for (let i = 0; i < partSize; i++) {
    const level = levelOf(x[start + i] as number, inverse);
    sumXL = fround(sumXL + fround((weighted[i] as number) * level));
    sumL2 = fround(sumL2 + fround(fround((weights[i] as number) * level) * level));
  }
  return [sumXL, sumL2];
}

function putLevels(x: Float32Array, start: number, at: number, inverse: number): void {
  for (let i = 0; i < partSize; i++) levels[at + i] = levelOf(x[start + i] as number, inverse) + levelsBelow;
}

function levelOf(value: number, inverse: number): number {
  return within(-levelsBelow, nearest(fround(inverse * value)), levelsBelow - 1);
}

/** The lower four bits of the numbers of each half, and then the upper two of all. */
function pack(target: Uint8Array, at: number): void {
  for (let part = 0; part < 2; part++) {
    const start = 128 * part;
    for (let i = 0; i < 32; i++) {
      const first = levels[start + i] as number;
      const second = levels[start + i + 32] as number;
      const third = levels[start + i + 64] as number;
      const fourth = levels[start + i + 96] as number;
      target[at + 64 * part + i] = (first & 15) | ((third & 15) << 4);
      target[at + 64 * part + i + 32] = (second & 15) | ((fourth & 15) << 4);
      const upper = (first >>> 4) | ((second >>> 4) << 2) | ((third >>> 4) << 4) | ((fourth >>> 4) << 6);
      target[at + 128 + 32 * part + i] = upper;
    }
  }
}
