// Small models fall into loops: they write the same words again and again until a limit ends them.

/** What repeats is no shorter: a letter in a row is no loop of words. */
const shortestPeriod = 3;
const longestPeriod = 40;

/** The loop that a text ends in: what repeats begins at `start`, and again after each `period` characters to the end. */
export interface Loop {
  readonly start: number;
  readonly period: number;
}

/**
 * The loop of the shortest period, if it has come so many times and has so many characters. Rules and rows of numbers,
 * which people repeat too, are none.
 */
export function loopAtEnd(text: string, times: number, shortest = 0): Loop | undefined {
  for (let period = shortestPeriod; period <= longestPeriod; period++) {
    let start = text.length - period;
    if (start < 0) return undefined;
    if (!/\p{L}/u.test(text.slice(start))) continue;
    while (start > 0 && text[start - 1] === text[start - 1 + period]) start--;
    const length = text.length - start;
    if (length >= Math.max(times * period, shortest)) return { start, period };
  }
  return undefined;
}
