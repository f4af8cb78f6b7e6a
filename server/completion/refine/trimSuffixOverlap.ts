// Models run on into what stands after the cursor already: that part is not inserted again.

/** @param suffix all text after the cursor */
export function trimSuffixOverlap(text: string, suffix: string): string {
  return trimSameLine(trimFollowingLines(text, suffix), suffix);
}

/** Cuts the lines at the end of the text that are the next lines of the document, blank ones aside. */
function trimFollowingLines(text: string, suffix: string): string {
  const [, ...following] = suffix.split("\n");
  const next = following.map((line) => line.trimEnd()).filter((line) => line !== "");
  if (next.length === 0) return text;
  const lines = text.split("\n");
  for (let first = 1; first < lines.length; first++) {
    const rest = lines
      .slice(first)
      .map((line) => line.trimEnd())
      .filter((line) => line !== "");
    if (rest.length > 0 && rest.every((line, i) => line === next[i])) return lines.slice(0, first).join("\n");
  }
  return text;
}

/** Cuts the end of the text that is the beginning of the rest of the cursor's line; bare brackets are left to `replacedLengthOf`. */
function trimSameLine(text: string, suffix: string): string {
  const rest = suffix.split("\n", 1)[0]?.trimEnd() ?? "";
  for (let length = Math.min(text.length, rest.length); length > 0; length--) {
    const overlap = rest.slice(0, length);
    if (text.endsWith(overlap) && /[\p{L}\p{N}]/u.test(overlap)) return text.slice(0, -length);
  }
  return text;
}
