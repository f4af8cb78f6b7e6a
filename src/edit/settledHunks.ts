// What the beginning of a new text surely changes, while the rest is being written.

import { type Granularity, type Hunk, findHunks } from "./hunks.ts";

/**
 * Hunks that are followed by two lines which stay. What stands beyond the last line may yet come, and a line alone may be
 * like another by chance.
 */
export function settledHunks(original: string, beginning: string, by: Granularity): readonly Hunk[] {
  const hunks = findHunks(original, beginning.trimEnd(), by);
  const settled = hunks.findLastIndex(({ end }, i) => {
    const next = hunks[i + 1];
    return (
      next &&
      original
        .slice(end, next.start)
        .split("\n")
        .filter((line) => line.trim() !== "").length > 1
    );
  });
  return hunks.slice(0, settled + 1);
}
