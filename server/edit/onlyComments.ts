// The comments that a new version of a text adds, put into the text as it is: its code stays, whatever the model wrote.

// Myers' algorithm is easy to get wrong; jsdiff is its well-kept implementation.
import { diffArrays } from "diff";

import type { Parser } from "../syntax/grammars.ts";
import { blockAt, type CommentSyntax, commentSyntaxOf } from "./commentSyntax.ts";
import { maskStrings } from "./prose/maskStrings.ts";

/** Of the languages that are not known most have these. */
const slashes: CommentSyntax = { line: "//", blocks: [["/*", "*/"]] };

/** With more changes than this the texts have nothing in common. It bounds the time. */
const mostChanges = 2_000;

interface Line {
  readonly text: string;
  /** Without what looks like a comment and stands in a string. */
  readonly masked: string;
}

/** The text with the comments of its new version. A comment of the text gives way to another in its place. */
export function onlyComments(text: string, next: string, languageId: string, parser?: Parser): string {
  const marks = commentSyntaxOf(languageId) ?? slashes;
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const [lines, nextLines] = [linesOf(text, parser), linesOf(next, parser)];
  const parts = diffArrays(lines, nextLines, {
    comparator: (a, b) => a.text.trimEnd() === b.text.trimEnd(),
    maxEditLength: mostChanges,
  });
  if (!parts) return text;
  const result: Line[] = [];
  let at = 0;
  let removed: readonly Line[] = [];
  for (const { added, removed: isRemoved, value } of [...parts, { added: false, removed: false, value: [] }]) {
    if (isRemoved) removed = value;
    else if (added) {
      mergeComments(result, removed, value, marks);
      at += removed.length;
      removed = [];
    } else {
      // The text's own lines, with the blanks at their ends.
      result.push(...lines.slice(at, (at += removed.length + value.length)));
      removed = [];
    }
  }
  return result.map((line) => line.text).join(eol);
}

function linesOf(text: string, parser: Parser | undefined): Line[] {
  const masked = (parser ? maskStrings(text, parser) : text).split(/\r?\n/);
  return text.split(/\r?\n/).map((line, i) => ({ text: line, masked: masked[i] ?? line }));
}

/** Adds lines in whose place the answer has others: of those, what is a comment at their beginning and end. */
function mergeComments(result: Line[], removed: readonly Line[], added: readonly Line[], marks: CommentSyntax): void {
  if (removed.length === 0) insertComments(result, added, marks);
  else if (isComment(removed, marks) && isComment(added, marks)) result.push(...added);
  else {
    const before = commentLength(added, marks);
    result.push(...added.slice(0, before), ...removed, ...commentAtEnd(added.slice(before), marks));
  }
}

/** Of like lines at its ends a difference has one or the other: the added lines are taken where they are a comment. */
function insertComments(result: Line[], added: readonly Line[], marks: CommentSyntax): void {
  let comment = [...added];
  const after: Line[] = [];
  for (let moved = 0; moved < added.length; moved++) {
    if (isComment(comment, marks)) {
      result.push(...comment, ...after);
      return;
    }
    const last = comment.at(-1);
    const own = result.at(-1);
    if (!last || !own || own.text.trimEnd() !== last.text.trimEnd()) break;
    after.unshift(own);
    result.pop();
    comment = [last, ...comment.slice(0, -1)];
  }
  result.push(...after, ...added.slice(0, commentLength(added, marks)));
}

function isComment(lines: readonly Line[], marks: CommentSyntax): boolean {
  return lines.some(({ text }) => text.trim() !== "") && commentLength(lines, marks) === lines.length;
}

/** How many lines at the beginning are comments that end there, and empty lines between and after them. */
function commentLength(lines: readonly Line[], marks: CommentSyntax): number {
  let found = false;
  for (let at = 0; ;) {
    const bare = lines[at]?.masked.trim();
    const end = bare === "" ? at + 1 : commentEnd(lines, at, marks);
    if (bare === undefined || end === undefined) return found ? at : 0;
    found ||= bare !== "";
    at = end;
  }
}

/** Behind the comment that begins at a line; undefined where none begins, or it does not end. */
function commentEnd(lines: readonly Line[], at: number, syntax: CommentSyntax): number | undefined {
  const bare = lines[at]?.masked.trim() ?? "";
  const block = blockAt(bare, syntax);
  if (!block) return syntax.line !== undefined && bare.startsWith(syntax.line) ? at + 1 : undefined;
  if (bare.slice(block.opening).endsWith(block.close)) return at + 1;
  const end = lines.findIndex(({ masked }, i) => i > at && masked.trim().endsWith(block.close));
  return end < 0 ? undefined : end + 1;
}

/** What a block of lines that begins with code ends with. */
function commentAtEnd(lines: readonly Line[], marks: CommentSyntax): readonly Line[] {
  for (let from = 1; from < Math.min(lines.length, 200); from++) {
    const rest = lines.slice(from);
    if (isComment(rest, marks)) return rest;
  }
  return [];
}
