// What a comparison's places can tell, and what they cannot.

import type { Estimate } from "../../src/shared/comparison.ts";
import { randomNumbers } from "../random.ts";

/** A number of a place, and the commit that the place is of: places of one commit are alike. */
export interface Value {
  readonly commit: string;
  readonly value: number;
}

const resamples = 1000;

/**
 * A mean with its confidence interval, by the bootstrap over commits: https://doi.org/10.1214/aos/1176344552
 * @param confidence from 0 to 1
 */
export function estimate(values: readonly Value[], confidence: number): Estimate {
  const groups = [...Map.groupBy(values, ({ commit }) => commit).values()].map((group) => ({
    count: group.length,
    sum: sum(group.map(({ value }) => value)),
  }));
  const random = randomNumbers(1);
  const means = Array.from({ length: resamples }, () => {
    let [count, total] = [0, 0];
    for (let i = 0; i < groups.length; i++) {
      const group = groups[Math.floor(random() * groups.length)];
      count += group?.count ?? 0;
      total += group?.sum ?? 0;
    }
    return total / count;
  });
  return {
    mean: sum(values.map(({ value }) => value)) / values.length,
    low: percentile(means, (1 - confidence) / 2),
    high: percentile(means, (1 + confidence) / 2),
  };
}

/** By the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
