// Small models fall into loops, which would go on until the answer's token limit.

/** Characters that a loop has before it is taken for one, and those of what comes again and again at the most. */
const shortestLoop = 160;
const longestPeriod = 40;

/** Whether a text ends in a loop: the same words, four times and more. Rules and rows of numbers are none. */
export function endsInLoop(text: string): boolean {
  const end = text.slice(-shortestLoop);
  if (end.length < shortestLoop || !/\p{L}/u.test(end.slice(-longestPeriod))) return false;
  for (let period = 1; period <= longestPeriod; period++) {
    if (end.slice(period) === end.slice(0, -period)) return true;
  }
  return false;
}
