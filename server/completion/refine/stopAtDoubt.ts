// Several lines end before one that the model itself takes for unlikely: what follows a wrong line is wrong, too.

import type { GeneratedToken } from "../../engine/engine.ts";

/** How likely the tokens of a line have to be together: a quarter to half of what is wrong in blocks is below, and little else. */
const leastLikely = 0.02;

/** @param tokens with their ends in the text, where the engine tells of them */
export function stopAtDoubt(text: string, tokens: readonly GeneratedToken[]): string {
  const lines = text.split("\n");
  let token = 0;
  let end = -1;
  let isFirst = true;
  for (const [i, line] of lines.entries()) {
    end += line.length + 1;
    let likelihood = 1;
    // A token that ends with the line break says whether there is a next line.
    for (let next = tokens[token]; next && next.end <= end; next = tokens[++token]) likelihood *= next.probability;
    if (line.trim() === "") continue;
    if (!isFirst && likelihood < leastLikely) return lines.slice(0, i).join("\n");
    isFirst = false;
  }
  return text;
}
