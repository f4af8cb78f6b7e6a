// Reads fenced code that is being written, up to the fence that closes it.

import { type OpenFences, followFences } from "../src/shared/fences.ts";

/** Characters that are read of a line, or of lines, at once. */
const longestLine = 1_000;
const longestCode = 8_000;

export interface CodePiece {
  readonly kind: "code";
  readonly language: string;
  /** What follows the code before it. */
  readonly text: string;
  readonly ends: boolean;
}

export interface CodeReader {
  /** Where it is in the text. */
  position(): number;
  /** Further code of the text so far; undefined when there are no whole lines. */
  next(text: string, ended: boolean): CodePiece | undefined;
  /** The line that is being written. */
  unfinished(text: string): CodePiece;
}

/** `opened` is the fence, and `start` the place after its line. */
export function createCodeReader(opened: OpenFences, start: number): CodeReader {
  const { indent = 0, info = "" } = opened[0] ?? {};
  const language = /^\S*/.exec(info)?.[0] ?? "";
  let fences = opened;
  let position = start;
  let isFirstLine = true;
  /** Whether only the start of a long line was read. */
  let isInLine = false;

  const piece = (text: string, ends: boolean): CodePiece => ({ kind: "code", language, text, ends });

  /** The start of a line comes with the line break before it and without the indentation of the fence. */
  const shown = (line: string) => (isInLine ? line : (isFirstLine ? "" : "\n") + withoutIndent(line, indent));

  /** Reads a line, or its start when it is long; undefined when it is not whole yet, or closes the code. */
  function readLine(text: string, ended: boolean): string | undefined {
    const lineBreak = text.indexOf("\n", position);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const isLong = end - position > longestLine;
    if (position >= text.length || (lineBreak < 0 && !ended && !isLong)) return undefined;
    if (!isInLine) fences = followFences(fences, text.slice(position, end));
    const line = text.slice(position, isLong ? position + longestLine : end);
    position += line.length + (isLong ? 0 : 1);
    if (fences.length === 0) return undefined;
    const read = shown(line);
    isFirstLine = false;
    isInLine = isLong;
    return read;
  }

  return {
    position: () => position,
    next: (text, ended) => {
      let code = "";
      while (code.length < longestCode) {
        const line = readLine(text, ended);
        if (line === undefined) break;
        code += line;
      }
      const ends = fences.length === 0 || (ended && position >= text.length);
      return code !== "" || ends ? piece(code, ends) : undefined;
    },
    unfinished: (text) => {
      const line = text.slice(position);
      // Most of the time the start of a fence becomes one.
      const isFence = !isInLine && /^ {0,3}(?:`+|~+)[ \t]*$/.test(line);
      return piece(line === "" || isFence ? "" : shown(line), false);
    },
  };
}

function withoutIndent(line: string, indent: number): string {
  let at = 0;
  while (at < indent && line[at] === " ") at++;
  return line.slice(at);
}
