// Small models fall into loops: they write the same words again and again until a limit ends them. The chat's longer ones are
// found as an answer is written (chat/loops.ts).

/** What repeats is no shorter: a letter in a row is no loop of words. */
const shortestPeriod = 3;
export const longestPeriod = 40;

/** The loop that a text ends in: what repeats begins at `start`, and again after each `period` characters to the end. */
export interface Loop {
  readonly start: number;
  readonly period: number;
}

/** The loop of the shortest period, if it has come so many times. Rules and rows of numbers, which people repeat too, are none. */
export function loopAtEnd(text: string, times: number): Loop | undefined {
  for (let period = shortestPeriod; period <= longestPeriod; period++) {
    let start = text.length - period;
    if (start < 0) return undefined;
    if (!/\p{L}/u.test(text.slice(start))) continue;
    while (start > 0 && text[start - 1] === text[start - 1 + period]) start--;
    if (text.length - start >= times * period) return { start, period };
  }
  return undefined;
}
