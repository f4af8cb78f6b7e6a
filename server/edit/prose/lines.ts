// The lines of a text, with what stands at their ends.

export interface Line {
  readonly start: number;
  /** Where its line break begins. */
  readonly end: number;
  /** Without the line break. */
  readonly text: string;
}

export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start <= text.length;) {
    const at = text.indexOf("\n", start);
    const next = at < 0 ? text.length : at;
    const end = next > start && text[next - 1] === "\r" ? next - 1 : next;
    lines.push({ start, end, text: text.slice(start, end) });
    start = next + 1;
  }
  return lines;
}

/** How many spaces and tabs a text begins with. */
export function indentOf(text: string): number {
  let at = 0;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}
