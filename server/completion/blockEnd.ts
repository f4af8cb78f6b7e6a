// Where the statement or block at the cursor ends.

import { isLeftOut } from "./ablation.ts";
import { type CompletionRequest, linePrefixOf, lineSuffixOf } from "./request.ts";

/** Beginnings of lines that close what a line above opened, and belong to its block. */
const closingLine = /^(?:[)\]}]|<\/|end\b|fi\b|done\b|esac\b)/;
/** What may become one: a text's pieces end anywhere. */
const closerBegun = /^(?:<|e|en|f|d|do|don|es|esa)$/;
/** The longest of them, and a character that shows where its word ends. */
const longestCloser = 5;

/** Ends of lines that open a block. */
const openingEnd = /[{([:]$/;

/**
 * Judges a text that grows: each call gets all of it as far as it is written, and reads only what is new.
 * With text after the cursor, or the block that its line opens below it, the completion is the rest of the line. Else it is
 * the rest of the statement with the block that it opens, told by indentation, or in an empty block the statements up to the
 * next empty line.
 * @returns the length at which the text ends, or undefined where it may go on
 */
export function followBlock(request: CompletionRequest): (text: string) => number | undefined {
  const linePrefix = linePrefixOf(request);
  const inLine = lineSuffixOf(request).trim() !== "" || (bodyFollows(request) && !isLeftOut("body"));
  const inEmptyBlock = linePrefix.trim() === "" && (isLeftOut("statement") || isEmptyBlock(request));
  const base = widthOf(linePrefix);
  let opened = false;
  /** Where the last line with something on it ends. */
  let contentEnd: number | undefined;
  let isFirstLine = true;
  /** Where the last line begins, and its indentation as far as it is there. */
  let lineStart = 0;
  let indent = "";
  /** Up to where line breaks were looked for. */
  let read = 0;

  /** @param end of the last line, which is `whole` where a line break follows */
  const judgeLine = (text: string, end: number, whole: boolean): number | undefined => {
    const contentStart = lineStart + indent.length;
    const deeper = widthOf(indent) - base;
    if (deeper > 0) opened = true;
    // A completion that begins by going to the next line takes that line for its first.
    else if (contentEnd !== undefined) {
      const afterGap = lineStart > contentEnd + 1;
      const beginning = text.slice(contentStart, Math.min(end, contentStart + longestCloser));
      if (deeper === 0 && opened && (closingLine.test(beginning) || (!whole && closerBegun.test(beginning)))) {
        // `} else {` closes one block and opens the next: such a line decides nothing until it is whole.
        return whole && !openingEnd.test(text.slice(contentStart, end).trimEnd()) ? end : undefined;
      }
      if (deeper < 0 || afterGap || !inEmptyBlock) return contentEnd;
    }
    return undefined;
  };

  return (text) => {
    for (;;) {
      const lineBreak = text.indexOf("\n", read);
      const whole = lineBreak >= 0;
      const end = whole ? lineBreak : text.length;
      read = whole ? lineBreak + 1 : end;
      indent += indentationAt(text, lineStart + indent.length, end);
      const isFilled = lineStart + indent.length < end;
      // The first line is judged by nothing but its end.
      if (isFirstLine && whole && inLine) return end;
      // The indentation of a line is known once something stands behind it.
      const judged = isFirstLine || !isFilled ? undefined : judgeLine(text, end, whole);
      if (judged !== undefined || !whole) return judged;
      if (isFilled) contentEnd = end;
      isFirstLine = false;
      lineStart = read;
      indent = "";
    }
  };
}

/** Whether the next line with something on it is indented deeper than the cursor's. */
function bodyFollows(request: CompletionRequest): boolean {
  const linePrefix = linePrefixOf(request);
  return linePrefix.trim() !== "" && widthBelow(request) > widthOf(linePrefix);
}

/** Whether the lines with something on them above and below are indented less than the cursor's. */
function isEmptyBlock(request: CompletionRequest): boolean {
  const base = widthOf(linePrefixOf(request));
  const above = widthOf(linePrefixOf({ prefix: request.prefix.trimEnd() }));
  return above < base && widthBelow(request) < base;
}

/** The indentation of the next line with something on it. */
function widthBelow({ suffix }: CompletionRequest): number {
  return widthOf(/\n([^\S\n]*)\S/.exec(suffix)?.[1] ?? "");
}

/** The white space from a place on. */
function indentationAt(text: string, from: number, end: number): string {
  let at = from;
  while (at < end && /\s/.test(text.charAt(at))) at++;
  return text.slice(from, at);
}

/** Width of white space, with tab stops of four columns. */
function widthOf(space: string): number {
  let width = 0;
  for (const character of space) {
    if (character === " ") width++;
    else if (character === "\t") width += 4 - (width % 4);
    else break;
  }
  return width;
}
