// A line of nothing but indentation: the model goes on where the line above ends, and writes the line break itself. Tokens join
// the break with the indentation, and its last space with the word behind it: after a whole indentation no likely one is left.

import { linePrefixOf, lineSuffixOf } from "./request.ts";

interface Cursor {
  readonly prefix: string;
  readonly suffix: string;
}

/** The text that the model goes on from: all but the white space at its end where the cursor's line has nothing else. */
export function continuedPrefix(cursor: Cursor): string {
  const { prefix } = cursor;
  const isIndentation = /^\s+$/.test(linePrefixOf(cursor)) && lineSuffixOf(cursor).trim() === "";
  return (isIndentation && prefix.trimEnd()) || prefix;
}

/**
 * What of the model's text comes after the cursor: "" until that shows, undefined where its line is indented otherwise, or where it
 * goes on in the line above.
 */
export function afterIndentation(text: string, cursor: Cursor): string | undefined {
  if (continuedPrefix(cursor) === cursor.prefix) return text;
  const start = text.search(/\S/);
  if (start < 0) return "";
  const lineStart = text.lastIndexOf("\n", start) + 1;
  return lineStart > 0 && text.slice(lineStart, start) === linePrefixOf(cursor) ? text.slice(start) : undefined;
}
