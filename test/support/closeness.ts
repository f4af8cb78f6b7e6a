// How near the numbers of two computations are. Processors round differently, so bounds come from the numbers themselves.

import assert from "node:assert/strict";

export interface Difference {
  readonly mean: number;
  readonly largest: number;
}

/** By how much the numbers of two rows of the same length differ. */
export function differenceOf(some: readonly number[], others: readonly number[]): Difference {
  assert.ok(some.length > 0);
  assert.equal(some.length, others.length);
  const differences = some.map((value, i) => Math.abs(value - (others[i] ?? NaN)));
  return { mean: differences.reduce((sum, each) => sum + each) / some.length, largest: Math.max(...differences) };
}

/** Checks that a difference is at most a share of another one, in the mean and at its largest. */
export function assertSmall(difference: Difference, share: number, yardstick: Difference): void {
  for (const key of ["mean", "largest"] as const) {
    const limit = share * yardstick[key];
    assert.ok(difference[key] <= limit, `${key} difference ${difference[key]}, more than ${limit}`);
  }
}
