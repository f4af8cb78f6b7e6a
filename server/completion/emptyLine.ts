// A line of nothing but indentation: the model goes on where the line above ends, and writes the line break itself. Tokens join
// the break with the indentation, and its last space with the word behind it: after a whole indentation no likely one is left.

import { linePrefixOf } from "./request.ts";

interface TextBefore {
  readonly prefix: string;
}

/** The text that the model goes on from: all but the white space at its end where the cursor's line has nothing else. */
export function continuedPrefix({ prefix }: TextBefore): string {
  const isIndented = /^\s+$/.test(linePrefixOf({ prefix }));
  return (isIndented && prefix.trimEnd()) || prefix;
}

/**
 * What of the model's text comes after the cursor: "" until that shows, undefined where its line is indented otherwise, or where it
 * goes on in the line above.
 */
export function afterIndentation(text: string, { prefix }: TextBefore): string | undefined {
  if (continuedPrefix({ prefix }) === prefix) return text;
  const start = text.search(/\S/);
  if (start < 0) return "";
  const lineStart = text.lastIndexOf("\n", start) + 1;
  return lineStart > 0 && text.slice(lineStart, start) === linePrefixOf({ prefix }) ? text.slice(start) : undefined;
}
