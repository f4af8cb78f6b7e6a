// Where a completion ought to end: judged while it streams, so that decoding stops there.

export interface BlockContext {
  /** The cursor's line, before the cursor. */
  readonly linePrefix: string;
  /** The cursor's line, after the cursor. */
  readonly lineSuffix: string;
}

/** Lines that close what a line above opened, and belong to its block. */
const closingLine = /^\s*(?:[)\]}]|<\/|end\b|fi\b|done\b|esac\b)/;
/** Lines that open a block. */
const openingLine = /[{([:]\s*$/;

/**
 * The length at which the text so far ends, or undefined where it may go on.
 * With text after the cursor the completion is the rest of the line. Else it is the rest of the statement with the block
 * that it opens, told by indentation, or on an empty line the statements up to the next empty one.
 */
export function blockEnd(text: string, { linePrefix, lineSuffix }: BlockContext): number | undefined {
  const firstBreak = text.indexOf("\n");
  if (firstBreak < 0) return undefined;
  if (lineSuffix.trim() !== "") return firstBreak;

  const onEmptyLine = linePrefix.trim() === "";
  const base = indentation(linePrefix);
  let opened = false;
  let contentEnd = text.slice(0, firstBreak).trim() === "" ? undefined : firstBreak;
  for (const line of filledLinesAfter(text, firstBreak)) {
    const deeper = indentation(line.text) - base;
    if (deeper > 0) opened = true;
    // A completion that begins by going to the next line takes that line for its first.
    else if (contentEnd !== undefined) {
      const afterGap = line.start > contentEnd + 1;
      if (deeper === 0 && opened && closingLine.test(line.text)) {
        // `} else {` closes one block and opens the next: such a line decides nothing until it is whole.
        if (!line.whole) return undefined;
        if (!openingLine.test(line.text)) return line.end;
      } else if (deeper < 0 || afterGap || !onEmptyLine) return contentEnd;
    }
    contentEnd = line.end;
  }
  return undefined;
}

interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether its line break is there. */
  readonly whole: boolean;
}

/** Lines with something on them: the indentation of a line is known once something stands behind it. */
function* filledLinesAfter(text: string, firstBreak: number): Generator<Line> {
  for (let start = firstBreak + 1; start <= text.length;) {
    const lineBreak = text.indexOf("\n", start);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const line = text.slice(start, end);
    if (line.trim() !== "") yield { text: line, start, end, whole: lineBreak >= 0 };
    start = end + 1;
  }
}

/** Width of a line's indentation, with tab stops of four columns. */
function indentation(line: string): number {
  let width = 0;
  for (const character of line) {
    if (character === " ") width++;
    else if (character === "\t") width += 4 - (width % 4);
    else break;
  }
  return width;
}
