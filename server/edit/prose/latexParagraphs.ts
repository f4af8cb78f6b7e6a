// The paragraphs of LaTeX. The preamble, comments, mathematics, listings, tables and lines of commands alone are none.

import { indentOf, type Line, linesOf } from "./lines.ts";
import { type Paragraph, ParagraphCollector } from "./paragraphs.ts";

/** Environments that hold no prose. */
const keptEnvironments = new Set(
  (
    "verbatim Verbatim lstlisting minted equation align gather multline eqnarray math displaymath flalign alignat split " +
    "tabular tabularx longtable array tikzpicture pgfpicture algorithm algorithmic algorithm2e comment thebibliography " +
    "filecontents bibunit matrix pmatrix bmatrix cases"
  ).split(" "),
);

export function cutLatex(text: string): Paragraph[] {
  const lines = linesOf(text);
  const collector = new ParagraphCollector(text);
  const begin = lines.findIndex((line) => line.text.trimStart().startsWith("\\begin{document}"));
  /** What ends a block without prose. */
  let end: string | undefined;
  for (const line of lines.slice(begin + 1)) {
    const column = indentOf(line.text);
    const rest = line.text.slice(column).trimEnd();
    if (end !== undefined) {
      if (rest.includes(end)) end = undefined;
      continue;
    }
    if (rest.startsWith("\\end{document}")) break;
    const opened = keptUntil(rest);
    if (opened !== undefined || rest === "" || isKeptLine(rest)) {
      collector.close();
      if (opened !== undefined && !opened.isWhole) ({ end } = opened);
    } else addText(collector, line, column, rest);
  }
  collector.close();
  return collector.paragraphs;
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
