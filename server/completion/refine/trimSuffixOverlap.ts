// Models run on into what stands after the cursor already: that part is not inserted again.

import { overlaps } from "../../overlap.ts";
import { isLeftOut } from "../ablation.ts";

/** @param suffix all text after the cursor */
export function trimSuffixOverlap(text: string, suffix: string): string {
  return trimSameLine(trimFollowingLines(text, suffix), suffix);
}

/** Cuts the lines at the end of the text that are the next lines of the document, blank ones aside. */
function trimFollowingLines(text: string, suffix: string): string {
  const lines = text.split("\n");
  const filled = filledLines(lines);
  const next = filledLines(suffix.split("\n"));
  const [repeated = 0] = overlaps(
    filled.map(({ line }) => line),
    next.map(({ line }) => line),
  );
  if (repeated === 0) return text;
  const last = filled[filled.length - repeated - 1]?.index ?? 0;
  return lines.slice(0, last + 1).join("\n");
}

/** The lines after the first that are not blank. */
function filledLines(lines: readonly string[]): { readonly line: string; readonly index: number }[] {
  return lines
    .map((line, index) => ({ line: withoutBlanks(line.trimEnd()), index }))
    .filter(({ line, index }) => index > 0 && line !== "");
}

/** What a string has is the string's; elsewhere in a line, blanks are looked at. */
const stringsAndBlanks = /"[^"]*"|'[^']*'|`[^`]*`|[^\S\n]+/g;

/**
 * Blanks beside punctuation make no other line of it, nor does their number; those that it begins with may. Those before a dot,
 * a colon or a square bracket may too: CSS has `.nav .item` and `.nav.item`.
 */
function withoutBlanks(line: string): string {
  if (isLeftOut("nearlySameLines")) return line;
  const indentation = line.length - line.trimStart().length;
  const rest = line.slice(indentation);
  const isBeside = (at: number, end: number) =>
    /[([{,;:=]/.test(rest.charAt(at - 1)) || /[(){}\],;=]/.test(rest.charAt(end));
  const even = rest.replaceAll(stringsAndBlanks, (found, at: number) => {
    if (found.trim() !== "") return found;
    return isBeside(at, at + found.length) ? "" : " ";
  });
  return line.slice(0, indentation) + even;
}

/** Cuts the end of the text that is the beginning of the rest of the cursor's line; bare brackets are left to `replacedLengthOf`. */
function trimSameLine(text: string, suffix: string): string {
  const rest = suffix.split("\n", 1)[0]?.trimEnd() ?? "";
  const [length = 0] = overlaps(text, rest);
  return /[\p{L}\p{N}]/u.test(rest.slice(0, length)) ? text.slice(0, -length) : text;
}
