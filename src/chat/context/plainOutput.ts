// A terminal's output as text.

const escape = "\u001b";
const bell = "\u0007";

/**
 * Escape codes: titles, links and the like up to their end, colours and moves, and the rest. Each begins where it is seen
 * and never fails, so that the time is linear; that of Node's `stripVTControlCharacters` grows with the square of a text in which nothing ends.
 */
const escapeCodes = new RegExp(
  [
    `${escape}[\\]PX^_][^${bell}${escape}]*(?:${bell}|${escape}\\\\)?`,
    `(?:${escape}\\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    `${escape}[ -/]*[0-~]?`,
  ].join("|"),
  "g",
);

/** What one reads at the end: without escape codes, and of a line that was written over only the last. */
export function plainOutput(output: string): string {
  return output
    .replace(escapeCodes, "")
    .split("\n")
    .map((line) => line.split("\r").findLast((written) => written !== "") ?? "")
    .join("\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .trim();
}
