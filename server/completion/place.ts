// Where a completion was asked for, and what has been typed or deleted there since.

import { type CompletionRequest, linePrefixOf } from "./request.ts";

/** Enough of the text on both sides to tell two places of a file apart. */
const tailLength = 1000;
const headLength = 200;

export interface Place {
  readonly uri: string;
  readonly line: number;
  readonly column: number;
  /** The end of the text before it. */
  readonly tail: string;
  /** The beginning of the text after it. */
  readonly head: string;
}

export function placeOf({ uri, range, selected, prefix, suffix }: CompletionRequest): Place {
  return {
    uri,
    line: range.start.line,
    column: range.start.character + selected.length,
    tail: ownCopy(prefix.slice(-tailLength)),
    head: ownCopy(suffix.slice(0, headLength)),
  };
}

/**
 * What was typed at a place since; undefined where anything else has changed around it. Brackets and quotes that the editor
 * closes by itself are part of the typing.
 */
export function typedSince(place: Place, request: CompletionRequest): string | undefined {
  const { uri, prefix, suffix } = request;
  if (uri !== place.uri) return undefined;
  const start = startIn(request, place);
  if (start === undefined || start < 0 || prefix.slice(Math.max(0, start - tailLength), start) !== place.tail)
    return undefined;
  const typed = prefix.slice(start);
  return isHead(suffix, place.head) || isHead(withoutClosers(suffix, typed), place.head) ? typed : undefined;
}

/**
 * What was deleted before a place since: the end of a word that is begun still, since whoever deletes a whole one wants
 * another. Undefined where anything else has changed.
 */
export function deletedSince(place: Place, request: CompletionRequest): string | undefined {
  const { uri, range, selected, prefix, suffix } = request;
  const count = place.column - range.start.character - selected.length;
  if (uri !== place.uri || place.line !== range.start.line || count <= 0 || count >= place.tail.length)
    return undefined;
  const [kept, deleted] = [place.tail.slice(0, -count), place.tail.slice(-count)];
  const isInWord = /^[\p{L}\p{N}_]+$/u.test(`${linePrefixOf({ prefix }).slice(-1) || " "}${deleted}`);
  return isInWord && prefix.endsWith(kept) && isHead(suffix, place.head) ? deleted : undefined;
}

/** The index of a place in a later request's prefix, as if nothing before it had changed. */
function startIn({ prefix, range, selected }: CompletionRequest, { line, column }: Place): number | undefined {
  const lines = range.start.line - line;
  if (lines === 0) return prefix.length - (range.start.character + selected.length - column);
  let lineStart = prefix.length - linePrefixOf({ prefix }).length;
  for (let i = 0; i < lines && lineStart > 0; i++) lineStart = prefix.lastIndexOf("\n", lineStart - 2) + 1;
  return lines > 0 ? lineStart + column : undefined;
}

function isHead(suffix: string, head: string): boolean {
  return head.length < headLength ? suffix === head : suffix.startsWith(head);
}

const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** The text after the cursor without what the editor put there when its opening was typed. */
function withoutClosers(suffix: string, typed: string): string {
  let rest = suffix;
  for (const closer of openIn(typed).toReversed()) {
    const next = rest.trimStart();
    if (!next.startsWith(closer)) break;
    rest = next.slice(1);
  }
  return rest;
}

/** The closing characters of what is open at the end of a text, the outermost first. */
function openIn(text: string): readonly string[] {
  const open: string[] = [];
  for (const character of text) {
    if (open.at(-1) === character) open.pop();
    else if (/["'`]/.test(character)) open.push(character);
    else if (character in closerOf) open.push(closerOf[character] ?? "");
  }
  return open;
}

/** A text that does not keep the document in memory that it is a slice of. */
function ownCopy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
