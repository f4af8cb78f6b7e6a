// The paragraphs of Markdown: headings, items of lists, quotations, cells of tables. Front matter, code, HTML,
// mathematics, definitions and directives are none.

import { Cutter } from "./cutDocument.ts";
import { indentOf, type Line } from "./lines.ts";
import type { ParagraphCollector } from "./paragraphs.ts";

/** What lasts for several lines and holds no prose, until a line says that it ends. */
interface KeptBlock {
  /** How many quotation marks the lines have that it stands in. */
  readonly quotes: number;
  /** Whether a line without what its container begins with is the last, which belongs to the block. */
  readonly isLast: (rest: string) => boolean;
}

const htmlBlocks = new Set(
  (
    "address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset figcaption " +
    "figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu nav ol optgroup " +
    "option p param picture section source summary table tbody td tfoot th thead title tr track ul video img svg"
  ).split(" "),
);

interface MarkdownState {
  readonly isStart: boolean;
  readonly kept?: KeptBlock | undefined;
  /** Columns at which the text of the lists begins that are open. */
  readonly lists: readonly number[];
  readonly inTable: boolean;
}

export class MarkdownCutter extends Cutter {
  state: MarkdownState = { isStart: true, lists: [], inTable: false };

  read(lines: readonly Line[], i: number): number {
    const frontMatter = this.state.isStart ? frontMatterLines(lines) : 0;
    const line = lines[i];
    this.#set({ isStart: false });
    if (frontMatter > 0 || !line) return Math.max(1, frontMatter);
    this.#readLine(line, lines[i + 1]?.text ?? "");
    return 1;
  }

  #set(change: Partial<MarkdownState>): void {
    this.state = { ...this.state, ...change };
  }

  #readLine(line: Line, next: string): void {
    const { kept } = this.state;
    const container = readQuotes(line.text);
    const rest = line.text.slice(container.length).trim();
    if (kept && container.quotes >= kept.quotes) {
      if (kept.isLast(rest)) this.#set({ kept: undefined });
    } else if (rest === "") {
      this.collector.close();
      this.#set({ kept: undefined, inTable: false });
    } else {
      const indent = indentOf(line.text.slice(container.length));
      if (!this.collector.isOpen) this.#set({ lists: this.state.lists.filter((column) => column <= indent) });
      // Code is indented; a line of an open paragraph may be, too.
      const isCode = !this.collector.isOpen && indent - (this.state.lists.at(-1) ?? 0) >= 4;
      const opened = isCode ? undefined : keptBlockAt(rest, container.quotes);
      this.#set({ kept: opened });
      if (isCode) return;
      if (opened || isKeptLine(rest)) this.collector.close();
      else this.#readText(line, rest, next, container.length + indent);
    }
  }

  #readText(line: Line, rest: string, next: string, column: number): void {
    const { collector, state } = this;
    if (state.inTable || (rest.includes("|") && isDelimiterRow(next))) {
      if (!isDelimiterRow(rest)) addCells(collector, line, column);
      this.#set({ inTable: true });
    } else if (collector.isOpen && /^(?:=+|-+)$/.test(rest)) collector.close("heading");
    else if (isThematicBreak(rest)) collector.close();
    else this.#set({ lists: addText(collector, line, column, state.lists) });
  }
}

/** How many lists begin in one line that anyone writes. */
const mostMarkers = 16;

/** @returns the columns of the lists that are open then */
function addText(collector: ParagraphCollector, line: Line, from: number, lists: readonly number[]): readonly number[] {
  let at = from;
  let checkbox = 0;
  for (let markers = 0; markers < mostMarkers; markers++) {
    const rest = line.text.slice(at);
    const marker = /^(?:[-+*]|\d{1,9}[.)])(?:[ \t]+|$)|^\[\^[^\][\s]+\]:[ \t]*|^:[ \t]+/.exec(rest)?.[0];
    // Only a list that begins with one may begin in a paragraph.
    if (marker === undefined || (collector.isOpen && at === from && /^\d/.test(marker) && !/^1[.)]/.test(marker)))
      break;
    at += marker.length;
    lists = [...lists.filter((column) => column < at), at];
    checkbox = /^\[[ xX]\][ \t]+/.exec(line.text.slice(at))?.[0].length ?? 0;
    if (checkbox > 0) break;
  }
  if (at >= line.text.length) {
    collector.close();
    return lists;
  }
  const more = line.text.slice(0, at).replace(/[^>\s]/g, " ");
  const column = at + checkbox;
  const heading = /^#{1,6}[ \t]+/.exec(line.text.slice(column));
  if (heading) {
    const start = column + heading[0].length;
    const content = withoutClosingSigns(line.text.slice(start));
    collector.addOne("heading", line, start, start + content.length);
  } else if (collector.isOpen && at === from) collector.add(line, column);
  else collector.open(line, column, more);
  return lists;
}

/** A heading may end with signs of its own. */
function withoutClosingSigns(heading: string): string {
  let text = heading.trimEnd();
  while (text.endsWith("#")) text = text.slice(0, -1);
  return text.endsWith(" ") || text === "" ? text.trimEnd() : heading.trimEnd();
}

function readQuotes(line: string): { readonly length: number; readonly quotes: number } {
  let [length, quotes] = [0, 0];
  for (;;) {
    let at = length;
    while (line[at] === " " && at < length + 3) at++;
    if (line[at] !== ">") return { length, quotes };
    quotes++;
    length = line[at + 1] === " " ? at + 2 : at + 1;
  }
}

function frontMatterLines(lines: readonly Line[]): number {
  const fence = lines[0]?.text.trimEnd();
  if (fence !== "---" && fence !== "+++") return 0;
  const end = lines.findIndex(({ text }, i) => i > 0 && (text.trimEnd() === fence || text.trimEnd() === "..."));
  return end < 0 ? 0 : end + 1;
}

function keptBlockAt(rest: string, quotes: number): KeptBlock | undefined {
  const fence = /^(?:`{3,}|~{3,})/.exec(rest)?.[0];
  if (fence !== undefined && !(fence.startsWith("`") && rest.includes("`", fence.length))) {
    return { quotes, isLast: (line) => line.startsWith(fence) && line.replaceAll(fence.charAt(0), "") === "" };
  }
  for (const [open, close] of [
    ["$$", "$$"],
    ["\\[", "\\]"],
    ["<!--", "-->"],
    ["<script", "</script"],
    ["<style", "</style"],
    ["<pre", "</pre"],
    ["<textarea", "</textarea"],
  ] as const) {
    if (rest.startsWith(open)) {
      return rest.includes(close, open.length) ? undefined : { quotes, isLast: (line) => line.includes(close) };
    }
  }
  const tag = /^<\/?([A-Za-z][A-Za-z0-9-]*)/.exec(rest)?.[1];
  if (tag === undefined) return undefined;
  const isBlock =
    htmlBlocks.has(tag.toLowerCase()) ||
    (rest.endsWith(">") && rest.indexOf("<", 1) < 0 && rest.indexOf(">") === rest.length - 1);
  return isBlock ? { quotes, isLast: (line) => line === "" } : undefined;
}

/** A line without prose that is whole by itself. */
function isKeptLine(rest: string): boolean {
  return (
    /^\[(?!\^)[^\][]+\]:|^:::|^\[\[?_?TOC_?\]?\]$|^\[![A-Z]+\]$|^(?:\{%[^%]*%\}|\{\{[^}]*\}\})$|^(?:\$\$|\\\[|<!--|<script|<style|<pre|<textarea)/.test(
      rest,
    ) || /^(?:import|export)\b.*(?:from|=).*[;"']$/.test(rest)
  );
}

function isThematicBreak(rest: string): boolean {
  const sign = rest.charAt(0);
  const signs = rest.replace(/[ \t]/g, "");
  return "-_*".includes(sign) && signs.length >= 3 && signs.replaceAll(sign, "") === "";
}

function isDelimiterRow(line: string): boolean {
  return line.includes("-") && line.includes("|") && /^[ \t>|:-]+$/.test(line);
}

/** The cells of a row: what stands between bars that are not escaped and in no code. */
function addCells(collector: ParagraphCollector, line: Line, from: number): void {
  let start = from;
  let inCode = false;
  for (let at = from; at <= line.text.length; at++) {
    const character = line.text[at];
    if (character === "\\") at++;
    else if (character === "`") inCode = !inCode;
    else if (at === line.text.length || (character === "|" && !inCode)) {
      const cell = line.text.slice(start, at);
      const text = cell.trim();
      const first = start + indentOf(cell);
      if (text !== "") collector.addOne("cell", line, first, first + text.length);
      start = at + 1;
    }
  }
  collector.close();
}
