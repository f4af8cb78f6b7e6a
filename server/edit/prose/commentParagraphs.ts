// The paragraphs of the comments in code, and of Python's docstrings. Code is none, nor is what tools read in comments.

import { type CreateCutter, Cutter } from "./cutDocument.ts";
import { blockAt, type CommentSyntax, commentSyntaxOf } from "../commentSyntax.ts";
import { indentOf, type Line } from "./lines.ts";

/** What reads the comments of a language; undefined where none are known. */
export function commentCutterOf(languageId: string): CreateCutter | undefined {
  const syntax = commentSyntaxOf(languageId);
  return syntax && ((text) => new CommentCutter(text, syntax));
}

/** What tools read in comments, and code that was made a comment. */
const forTools =
  /^(?:!|eslint|prettier-|@ts-|ts-|tslint|istanbul|c8 |v8 |webpack|#(?:end)?region|noqa|type:|pylint|mypy|pyright|ruff|fmt:|yapf|isort|flake8|coding[:=]|-\*-|go:|nolint|swiftlint|clang-|NOLINT|rubocop|frozen_string_literal|shellcheck|vim:|biome-|deno-|jshint|jslint|global |<reference|spdx-|copyright)|[;{}]$|^[=*#/_~-]+$/i;

/** A tag of a comment for documentation, with the type and the name that it tells of. */
const tag = /^[@\\][A-Za-z]+(?:[ \t]+\{[^{}]*\})?(?:[ \t]+(?:\[[^\][]*\]|[\w$.]+)(?=[ \t]+-[ \t]))?(?:[ \t]+-)?[ \t]*/;
/** Of these tags the first word is a name. */
const namingTag =
  /^[@\\](?:param|arg|argument|property|prop|typeparam|template|tparam|throws|exception)\b(?:[ \t]+\{[^{}]*\})?[ \t]+(?:\[[^\][]*\]|[\w$.]+)[ \t]*(?:-[ \t]+)?/;

interface CommentState {
  /** What ends the comment of several lines that is open. */
  readonly close?: string | undefined;
  readonly inExample: boolean;
  /** Where a further line of the open paragraph begins, if not just anywhere. */
  readonly expected?: number | undefined;
  /** Whether lines begin with the names that they describe. */
  readonly inNames: boolean;
}

class CommentCutter extends Cutter {
  readonly #syntax: CommentSyntax;
  state: CommentState = { inExample: false, inNames: false };

  constructor(text: string, syntax: CommentSyntax) {
    super(text);
    this.#syntax = syntax;
  }

  read(lines: readonly Line[], i: number): number {
    const line = lines[i];
    if (line) this.#readLine(line);
    return 1;
  }

  #set(change: Partial<CommentState>): void {
    this.state = { ...this.state, ...change };
  }

  #readLine(line: Line): void {
    const { close } = this.state;
    const column = indentOf(line.text);
    const rest = line.text.slice(column);
    const marker = this.#syntax.line;
    const block = blockAt(rest, this.#syntax);
    if (close !== undefined) this.#readInside(line, column, close);
    else if (block) {
      this.collector.close();
      this.#set({ inExample: false, inNames: false });
      this.#readInside(line, column + block.opening, block.close);
    } else if (marker !== undefined && rest.startsWith(marker)) {
      let start = column + marker.length;
      // Some comments for documentation have a sign more.
      while (line.text[start] === marker.at(-1) || (marker === "//" && line.text[start] === "!")) start++;
      this.#readComment(line, start, line.text.length);
    } else {
      this.collector.close();
      this.#set({ inExample: false });
    }
  }

  /** A line, or a part of one, of a comment of several lines. */
  #readInside(line: Line, from: number, close: string): void {
    const at = line.text.indexOf(close, from);
    let start = from;
    if (close === "*/") while (line.text[start] === "*" && start !== at) start++;
    this.#readComment(line, start, at < 0 ? line.text.length : at);
    if (at >= 0) this.collector.close();
    this.#set({ close: at < 0 ? close : undefined });
  }

  #readComment(line: Line, from: number, to: number): void {
    const content = line.text.slice(from, to);
    const column = from + indentOf(content);
    const prose = content.trim();
    const isTag = /^[@\\][A-Za-z]/.test(prose);
    if (isTag) this.#set({ inExample: /^@(?:example|code|see|link|type|typedef)\b/.test(prose) });
    if (prose === "" || this.state.inExample || forTools.test(prose) || codeInside.test(prose)) {
      if (prose.startsWith("```")) this.#set({ inExample: !this.state.inExample });
      this.collector.close();
    } else this.#readProse({ ...line, text: line.text.slice(0, to), end: line.start + to }, column, prose);
  }

  #readProse(line: Line, column: number, prose: string): void {
    const { collector } = this;
    const marker = (this.state.inNames ? described.exec(prose)?.[0] : undefined) ?? markerOf(prose);
    if (/^[A-Z][A-Za-z]+(?: [A-Z][a-z]+)?:$/.test(prose)) this.#set({ inNames: sectionOfNames.test(prose) });
    if (marker.length === prose.length) {
      collector.close();
      return;
    }
    const expected = this.state.expected ?? column;
    if (marker === "" && collector.isOpen && column === expected) {
      collector.add(line, column);
      this.#set({ expected: column });
      return;
    }
    const before = line.text.slice(0, column);
    collector.open(line, column + marker.length, moreOf(before));
    // The line that opens a comment stands elsewhere than those below it, and those below a marker as they like.
    this.#set({ expected: marker !== "" || moreOf(before) !== before ? undefined : column });
  }
}

/** Code, its output, and directives in comments. */
const codeInside = /^(?:```|>>>|\.\. |[$>] )/;

const sectionOfNames = /^(?:Args|Arguments|Parameters|Params|Attributes|Raises|Keyword Args|Other Parameters):$/;
const described = /^\*{0,2}[\w.]+(?:[ \t]*\([^()]*\))?:[ \t]+/;

/** What stands before the prose of a line: a list's sign, a field, a tag. */
function markerOf(prose: string): string {
  const item = /^(?:[-+*•]|\d{1,9}[.)]|:[A-Za-z][^:`]*:|(?:TODO|FIXME|HACK|XXX)\b(?:\([^()]*\))?:?)[ \t]+/;
  return (namingTag.exec(prose) ?? tag.exec(prose) ?? item.exec(prose))?.[0] ?? "";
}

/** What a further line of a comment begins with, where the first one opens it. */
function moreOf(before: string): string {
  return before
    .replace(/\/\*+/, (open) => ` *${" ".repeat(Math.max(0, open.length - 3))}`)
    .replace(/r?(?:"""|'''|<!--|<#|\{-|--\[\[)/, "");
}
