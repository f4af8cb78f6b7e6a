// Q4_K and Q5_K: blocks of 256 numbers in eight parts, each with a scale and a minimum of 6 bits. Blocks and formulas by
// block_q4_K and block_q5_K of ggml-common.h and quantize_row_q4_K_ref() and quantize_row_q5_K_ref() of ggml-quants.c,
// every step rounded to 32 bits as there.

import { fromHalf, toHalf } from "./halves.ts";
import { nearest } from "./nearest.ts";
import { findScale, found, type Search } from "./scaleAndMinimum.ts";

const { fround, max, min } = Math;

const blockSize = 256;
const partSize = 32;
const parts = blockSize / partSize;

const scales = new Float32Array(parts);
const minima = new Float32Array(parts);
const levels = new Uint8Array(blockSize);
/** Scales and minima of the parts, in 6 bits. */
const partScales = new Uint8Array(parts);
const partMinima = new Uint8Array(parts);

export function quantizeQ4_K(source: Float32Array, target: Uint8Array, count: number): void {
  for (let start = 0, at = 0; start < count; start += blockSize, at += 144) {
    quantizeParts(source, start, target, at, { levels: 15, from: -1, steps: 20 });
    packNibbles(target, at + 16);
  }
}

export function quantizeQ5_K(source: Float32Array, target: Uint8Array, count: number): void {
  for (let start = 0, at = 0; start < count; start += blockSize, at += 176) {
    quantizeParts(source, start, target, at, { levels: 31, from: -0.5, steps: 15 });
    packFifthBits(target, at + 16);
    packNibbles(target, at + 48);
  }
}

/** Writes the head of a block, and leaves the level of each number in `levels`. */
function quantizeParts(source: Float32Array, start: number, target: Uint8Array, at: number, search: Search): void {
  let mostScale = 0;
  let mostMinimum = 0;
  for (let part = 0; part < parts; part++) {
    findScale(source, start + partSize * part, levels, partSize * part, search);
    scales[part] = found.scale;
    minima[part] = found.minimum;
    mostScale = max(mostScale, found.scale);
    mostMinimum = max(mostMinimum, found.minimum);
  }
  const scaleHalf = toHalf(fround(mostScale / 63));
  const minimumHalf = toHalf(fround(mostMinimum / 63));
  target.set([scaleHalf, scaleHalf >>> 8, minimumHalf, minimumHalf >>> 8], at);
  const inverseScale = mostScale > 0 ? fround(63 / mostScale) : 0;
  const inverseMinimum = mostMinimum > 0 ? fround(63 / mostMinimum) : 0;
  for (let part = 0; part < parts; part++) {
    partScales[part] = min(63, nearest(fround(inverseScale * (scales[part] as number))) & 255);
    partMinima[part] = min(63, nearest(fround(inverseMinimum * (minima[part] as number))) & 255);
  }
  packScales(target, at + 4);
  // Again, now by the scales as they are kept.
  for (let part = 0; part < parts; part++) {
    const scale = fround(fromHalf(scaleHalf) * (partScales[part] as number));
    if (scale === 0) continue;
    const minimum = fround(fromHalf(minimumHalf) * (partMinima[part] as number));
    for (let i = partSize * part; i < partSize * (part + 1); i++) {
      const level = nearest(fround(fround((source[start + i] as number) + minimum) / scale));
      levels[i] = max(0, min(search.levels, level));
    }
  }
}

/** Sixteen numbers of 6 bits in twelve bytes: the last eight are cut, their upper bits beside the first ones. */
function packScales(target: Uint8Array, at: number): void {
  for (let part = 0; part < 4; part++) {
    const scale = partScales[part + 4] as number;
    const minimum = partMinima[part + 4] as number;
    target[at + part] = (partScales[part] as number) | ((scale >>> 4) << 6);
    target[at + part + 4] = (partMinima[part] as number) | ((minimum >>> 4) << 6);
    target[at + part + 8] = (scale & 15) | ((minimum & 15) << 4);
  }
}

/** Of each two parts the lower four bits, the second part's in the upper half of the bytes. */
function packNibbles(target: Uint8Array, at: number): void {
  for (let start = 0; start < blockSize; start += 64) {
    for (let i = 0; i < 32; i++) {
      const low = (levels[start + i] as number) & 15;
      target[at++] = low | ((levels[start + i + 32] as number) << 4);
    }
  }
}

/** The byte of a place in its part has that place's fifth bit of each part. */
function packFifthBits(target: Uint8Array, at: number): void {
  for (let i = 0; i < partSize; i++) {
    let bits = 0;
    for (let part = 0; part < parts; part++) bits |= ((levels[partSize * part + i] as number) >>> 4) << part;
    target[at + i] = bits;
  }
}
