// What the symmetric types scale by.

/** Of the numbers of a block the one farthest from zero, with its sign; of several the first. */
export function largest(source: Float32Array, start: number, count: number): number {
  let most = 0;
  let chosen = 0;
  for (let i = start; i < start + count; i++) {
    const value = source[i] as number;
    const size = value < 0 ? -value : value;
    if (size > most) {
      most = size;
      chosen = value;
    }
  }
  return chosen;
}
