// Rounding as ggml does it.

/** At this size a 32-bit float has no room for a fraction: adding it rounds to the nearest integer, ties to even. */
const noFraction = 12_582_912;

/** The nearest integer of a number of less than four million. */
export function nearest(value: number): number {
  return Math.fround(value + noFraction) - noFraction;
}
