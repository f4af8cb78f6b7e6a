// Rounding as ggml does it.

/** At this size a number has no room for a fraction: adding it rounds to the nearest integer, ties to even. */
const noFraction = 1.5 * 2 ** 52;

/** The nearest integer of a number of less than four million, as ggml finds it with 32 bits. */
export function nearest(value: number): number {
  return value + noFraction - noFraction;
}

/** A number, or the end that it lies beyond: Math.min and Math.max look for what is no number, which takes longer. */
export function within(least: number, value: number, most: number): number {
  return value < least ? least : value > most ? most : value;
}
