// Where the end of one sequence is the beginning of another, by Knuth, Morris and Pratt: each element is read once.

/** A string, or lines. */
interface Sequence<T> {
  readonly length: number;
  readonly [index: number]: T;
}

/**
 * The lengths of all ends of `text` that `start` begins with, the longest first. None is longer than `start`.
 */
export function overlaps<T>(text: Sequence<T>, start: Sequence<T>): readonly number[] {
  const borders = bordersOf(start);
  let length = 0;
  // What is longer than `start` cannot reach to the end of the text.
  for (let i = Math.max(0, text.length - start.length); i < text.length; i++) {
    length = nextLength(start, borders, length, text[i]);
  }
  const lengths: number[] = [];
  for (; length > 0; length = borders[length - 1] ?? 0) lengths.push(length);
  return lengths;
}

/** For each beginning of a sequence, how long a beginning of itself it ends with, beside itself. */
function bordersOf<T>(sequence: Sequence<T>): readonly number[] {
  const borders: number[] = [];
  for (let i = 0; i < sequence.length; i++) {
    borders.push(i === 0 ? 0 : nextLength(sequence, borders, borders[i - 1] ?? 0, sequence[i]));
  }
  return borders;
}

/** How much of the sequence's beginning matches after one more element, where `length` matched before it. */
function nextLength<T>(sequence: Sequence<T>, borders: readonly number[], length: number, next: T | undefined): number {
  let matched = length;
  while (matched > 0 && (matched === sequence.length || sequence[matched] !== next))
    matched = borders[matched - 1] ?? 0;
  return sequence[matched] === next && matched < sequence.length ? matched + 1 : matched;
}
