// The scale and the minimum by which 32 numbers are rounded with the least error, for the types Q4_K and Q5_K.
// Formula by make_qkx2_quants() of ggml-quants.c, every step rounded to 32 bits as there.

import { nearest, within } from "./nearest.ts";

const { abs, fround, sqrt } = Math;

export interface Search {
  /** The largest level. */
  readonly levels: number;
  /** Scales are tried from so many levels more than that, each a tenth more. */
  readonly from: number;
  readonly steps: number;
}

/** What the search found last: objects for each of a model's millions of blocks would be work for the collector. */
export const found = { scale: 0, minimum: 0 };

const size = 32;
const weights = new Float32Array(size);
const tried = new Uint8Array(size);
/** By level. */
const values = new Float32Array(size);

/** Writes the level of each number into `chosen`, and the scale and the minimum, as a positive number, into `found`. */
export function findScale(x: Float32Array, start: number, chosen: Uint8Array, at: number, search: Search): void {
  const { levels } = search;
  weigh(x, start);
  let least = x[start] as number;
  let most = least;
  let sumW = weights[0] as number;
  let sumX = fround(sumW * least);
  for (let i = 1; i < size; i++) {
    const value = x[start + i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
    const weight = weights[i] as number;
    sumW = fround(sumW + weight);
    sumX = fround(sumX + fround(weight * value));
  }
  if (least > 0) least = 0;
  found.scale = 0;
  found.minimum = -least;
  if (most === least) {
    chosen.fill(0, at, at + size);
    return;
  }
  const first = fround(levels / fround(most - least));
  let scale = fround(1 / first);
  let minimum = least;
  for (let i = 0; i < size; i++) {
    chosen[at + i] = within(0, nearest(fround(first * fround((x[start + i] as number) - least))), levels);
  }
  let bestError = errorOf(x, start, chosen, at, levels, scale, minimum, Infinity);
  for (let step = 0; step <= search.steps; step++) {
    // From the best minimum so far.
    const range = fround(most - minimum);
    const inverse = fround(fround(fround(search.from + fround(fround(0.1) * step)) + levels) / range);
    let sumL = 0;
    let sumL2 = 0;
    let sumXL = 0;
    for (let i = 0; i < size; i++) {
      const value = x[start + i] as number;
      const level = within(0, nearest(fround(inverse * fround(value - minimum))), levels);
      tried[i] = level;
      const weighted = fround((weights[i] as number) * level);
      sumL = fround(sumL + weighted);
      sumL2 = fround(sumL2 + fround(weighted * level));
      sumXL = fround(sumXL + fround(weighted * value));
    }
    const determinant = fround(fround(sumW * sumL2) - fround(sumL * sumL));
    if (!(determinant > 0)) continue;
    let thisScale = fround(fround(fround(sumW * sumXL) - fround(sumX * sumL)) / determinant);
    let thisMinimum = fround(fround(fround(sumL2 * sumX) - fround(sumL * sumXL)) / determinant);
    if (thisMinimum > 0) {
      thisMinimum = 0;
      thisScale = fround(sumXL / sumL2);
    }
    const error = errorOf(x, start, tried, 0, levels, thisScale, thisMinimum, bestError);
    if (error >= bestError) continue;
    chosen.set(tried, at);
    bestError = error;
    scale = thisScale;
    minimum = thisMinimum;
  }
  found.scale = scale;
  found.minimum = -minimum;
}

/** Large numbers count more. */
function weigh(x: Float32Array, start: number): void {
  let squares = 0;
  for (let i = 0; i < size; i++) {
    const value = x[start + i] as number;
    squares = fround(squares + fround(value * value));
  }
  const mean = fround(sqrt(fround(squares / size)));
  for (let i = 0; i < size; i++) weights[i] = mean + abs(x[start + i] as number);
}

/** At least `enough` where it is no less. */
function errorOf(
  x: Float32Array,
  start: number,
  rounded: Uint8Array,
  at: number,
  levels: number,
  scale: number,
  minimum: number,
  enough: number,
): number {
  for (let level = 0; level <= levels; level++) values[level] = fround(scale * level) + minimum;
  let error = 0;
  for (let i = 0; i < size && error < enough; i++) {
    const difference = fround((values[rounded[at + i] as number] as number) - (x[start + i] as number));
    error = fround(error + fround((weights[i] as number) * fround(difference * difference)));
  }
  return error;
}
