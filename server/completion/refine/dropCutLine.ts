// The token limit may fall anywhere: of several lines, one that was cut is not shown.

export function dropCutLine(text: string, reachedLimit: boolean): string {
  const lastBreak = text.lastIndexOf("\n");
  return reachedLimit && text.slice(0, Math.max(0, lastBreak)).trim() !== "" ? text.slice(0, lastBreak) : text;
}
