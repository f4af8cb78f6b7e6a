// Where values lie along an axis, and which of them are written beside it.

/** Values that are easily read, from 0 to the first that is as high as `highest`; about `count` of them. */
export function niceTicks(highest: number, count: number): number[] {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: ticks + 1 }, (_, index) => index * step);
}

/** So many values at equal distances, with both ends. */
export function evenTicks(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));
}

/** Maps values from one range onto another. */
export function linearScale(
  from: readonly [number, number],
  onto: readonly [number, number],
): (value: number) => number {
  const factor = from[1] === from[0] ? 0 : (onto[1] - onto[0]) / (from[1] - from[0]);
  return (value) => onto[0] + (value - from[0]) * factor;
}
