// The paragraphs of LaTeX. The preamble, comments, mathematics, listings, tables and lines of commands alone are none.

import { Cutter } from "./cutDocument.ts";
import { indentOf, type Line } from "./lines.ts";
import type { ParagraphCollector } from "./paragraphs.ts";

/** Environments that hold no prose. */
const keptEnvironments = new Set(
  (
    "verbatim Verbatim lstlisting minted equation align gather multline eqnarray math displaymath flalign alignat split " +
    "tabular tabularx longtable array tikzpicture pgfpicture algorithm algorithmic algorithm2e comment thebibliography " +
    "filecontents bibunit matrix pmatrix bmatrix cases"
  ).split(" "),
);

interface LatexState {
  readonly isStart: boolean;
  /** What ends a block without prose. */
  readonly end?: string;
  readonly isOver: boolean;
}

export class LatexCutter extends Cutter {
  state: LatexState = { isStart: true, isOver: false };

  read(lines: readonly Line[], i: number): number {
    if (this.state.isStart) {
      this.state = { isStart: false, isOver: false };
      const begin = lines.findIndex((line) => line.text.trimStart().startsWith("\\begin{document}"));
      if (begin >= 0) return begin + 1;
    }
    const line = lines[i];
    if (line && !this.state.isOver) this.#readLine(line);
    return 1;
  }

  #readLine(line: Line): void {
    const { collector, state } = this;
    const column = indentOf(line.text);
    const rest = line.text.slice(column).trimEnd();
    if (state.end !== undefined) {
      if (rest.includes(state.end)) this.state = { isStart: false, isOver: false };
      return;
    }
    const isOver = rest.startsWith("\\end{document}");
    const opened = keptUntil(rest);
    if (opened !== undefined || rest === "" || isOver || isKeptLine(rest)) {
      collector.close();
      if (isOver) this.state = { ...state, isOver };
      else if (opened !== undefined && !opened.isWhole) this.state = { ...state, end: opened.end };
    } else addText(collector, line, column, rest);
  }
}

/** What ends the block without prose that a line begins, and whether the same line ends it. */
function keptUntil(rest: string): { readonly end: string; readonly isWhole: boolean } | undefined {
  const name = /^\\begin\{([A-Za-z0-9]+)\*?\}/.exec(rest)?.[1];
  if (name !== undefined && keptEnvironments.has(name)) {
    const end = `\\end{${name}`;
    return { end, isWhole: rest.includes(end) };
  }
  for (const [open, close] of [
    ["\\[", "\\]"],
    ["$$", "$$"],
  ] as const) {
    if (rest.startsWith(open)) return { end: close, isWhole: rest.includes(close, open.length) };
  }
  return undefined;
}

/** A comment, or commands alone: `\centering`, `\label{a}`, `\begin{abstract}`. */
function isKeptLine(rest: string): boolean {
  if (rest.startsWith("%")) return true;
  const name = /^\\([A-Za-z@]+)\*?/.exec(rest);
  if (
    !name ||
    /^(?:emph|text[a-z]+|section|(?:sub)+section|(?:sub)?paragraph|chapter|part|title|caption|footnote|item|cite.*|.*ref)$/.test(
      name[1] ?? "",
    )
  )
    return false;
  let at = name[0].length;
  while (rest[at] === "{" || rest[at] === "[") {
    const close = rest.indexOf(rest[at] === "{" ? "}" : "]", at);
    if (close < 0) return true;
    at = close + 1;
  }
  return at >= rest.length;
}

function addText(collector: ParagraphCollector, line: Line, column: number, rest: string): void {
  const heading = /^\\(?:part|chapter|(?:sub)*section|(?:sub)?paragraph|title|caption)\*?\{/.exec(rest)?.[0];
  if (heading !== undefined) {
    const close = closingBrace(rest, heading.length);
    // What follows may be a label.
    if (close !== undefined && /^(?:\s*\\label\{[^{}]*\})?\s*(?:%.*)?$/.test(rest.slice(close + 1))) {
      collector.addOne("heading", line, column + heading.length, column + close);
      return;
    }
  }
  const item =
    /^\\item(?:\[[^\][]*\])?[ \t]+|^\\(?:begin|end)\{[A-Za-z0-9]+\*?\}(?:\[[^\][]*\]|\{[^{}]*\})*[ \t]*/.exec(
      rest,
    )?.[0];
  if (item !== undefined && item.length < rest.length) {
    const more = line.text.slice(0, column) + (item.startsWith("\\item") ? "  " : "");
    collector.open(line, column + item.length, more);
  } else if (item !== undefined) collector.close();
  else if (collector.isOpen) collector.add(line, column);
  else collector.open(line, column, line.text.slice(0, column));
}

function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return undefined;
}
