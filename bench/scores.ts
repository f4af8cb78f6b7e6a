// How near an answer is to the truth: the scores of training/infill.py, in characters.

export interface Score {
  /** 1 or 0. */
  readonly exact: number;
  /** One minus the Levenshtein distance over the longer length. */
  readonly similarity: number;
  /** Length of the common beginning over the length of the truth. */
  readonly kept: number;
}

/** @param truth not empty */
export function score(answer: string, truth: string): Score {
  const [a, b] = [Array.from(answer), Array.from(truth)];
  const different = b.findIndex((character, i) => character !== a[i]);
  return {
    exact: answer === truth ? 1 : 0,
    similarity: 1 - distance(a, b) / Math.max(a.length, b.length),
    kept: (different < 0 ? b.length : different) / b.length,
  };
}

/** The fewest characters to insert, delete or replace. */
function distance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, left] of a.entries()) {
    const next = [i + 1];
    for (const [j, right] of b.entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
