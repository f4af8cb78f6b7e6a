// What a comparison's places can tell, and what they cannot.

import type { Estimate } from "../../src/shared/comparison.ts";

/** A number of a place, and the commit that the place is of: places of one commit are alike. */
export interface Value {
  readonly commit: string;
  readonly value: number;
}

/**
 * A mean with its confidence interval, by Student's t over commits: each adds to the variance by how far its values are from
 * the mean together, as https://doi.org/10.3368/jhr.50.2.317 describes. Of a single commit there is nothing to tell a range from.
 * @param confidence from 0 to 1
 */
export function estimate(values: readonly Value[], confidence: number): Estimate {
  const mean = sum(values.map(({ value }) => value)) / values.length;
  const commits = [...Map.groupBy(values, ({ commit }) => commit).values()];
  const free = commits.length - 1;
  if (free < 1) return { mean, low: mean, high: mean };
  const squares = commits.map((group) => sum(group.map(({ value }) => value - mean)) ** 2);
  const deviation = Math.sqrt((sum(squares) * commits.length) / free) / values.length;
  const half = deviation * studentT(confidence, free);
  return { mean, low: mean - half, high: mean + half };
}

/** What the size of Student's t stays below with a probability: 26.7.3 and 26.7.4 of Abramowitz and Stegun, turned round. */
function studentT(probability: number, free: number): number {
  let [low, high] = [0, Math.PI / 2];
  // Halved until a double has no more digits.
  for (let i = 0; i < 53; i++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, free) < probability) low = middle;
    else high = middle;
  }
  return Math.sqrt(free) * Math.tan(low);
}

/** @param angle whose tangent is t divided by the root of the degrees of freedom */
function probabilityWithin(angle: number, free: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  let total = 0;
  let term = free % 2 === 0 ? 1 : cosine;
  for (let power = free % 2; power <= free - 2; power += 2) {
    total += term;
    term *= ((power + 1) / (power + 2)) * cosine ** 2;
  }
  return free % 2 === 0 ? sine * total : (2 / Math.PI) * (angle + sine * total);
}

/** By the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
