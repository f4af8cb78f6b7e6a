// Where a small model writes lines again that it has just written, though each time deeper or with others between them.

/** A line of its own that comes again is a loop from this length on: code repeats shorter ones. */
const longLine = 24;
/** Several lines in a row that come again are one from this length on. */
const longLines = 12;

interface Line {
  readonly start: number;
  /** Without white space at both ends. */
  readonly content: string;
}

/**
 * Judges a text that grows: each call gets all of it as far as it is written, and reads only what is new.
 * @returns the length at which the text ends, before the line break to what it repeats; undefined where it repeats nothing
 */
export function followLines(): (text: string) => number | undefined {
  const lines: Line[] = [];
  const lastOf = new Map<string, number>();
  let start = 0;
  return (text) => {
    // A line is judged once it is whole: until then it may become another.
    for (let end = text.indexOf("\n", start); end >= 0; end = text.indexOf("\n", start)) {
      const content = text.slice(start, end).trim();
      lines.push({ start, content });
      const repeated = /\p{L}/u.test(content) ? repeatedLine(lines, lastOf.get(content)) : undefined;
      if (repeated) return repeated.start - 1;
      lastOf.set(content, lines.length - 1);
      start = end + 1;
    }
    return undefined;
  };
}

/** The first of the lines at the end that are the same as those that end at an earlier one, if they are long enough. */
function repeatedLine(lines: readonly Line[], earlier: number | undefined): Line | undefined {
  if (earlier === undefined) return undefined;
  const last = lines.length - 1;
  let first = lines[last];
  if ((first?.content.length ?? 0) >= longLine) return first;
  let length = 0;
  for (let i = 0; i <= earlier && i < last - earlier; i++) {
    const line = lines[last - i];
    if (line?.content !== lines[earlier - i]?.content) break;
    length += line?.content.length ?? 0;
    first = line;
    if (i > 0 && length >= longLines) return first;
  }
  return undefined;
}
