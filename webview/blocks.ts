// Cuts Markdown that is being written into pieces of bounded size, each of which is rendered once.

import { type OpenFences, followFences } from "../src/shared/fences.ts";
import { type CodePiece, type CodeReader, createCodeReader } from "./fencedCode.ts";
import { lexBlocks, startOfDeepNesting } from "./markdown.ts";

/** A paragraph of more characters becomes several: a browser lays a paragraph out as a whole. */
const longestParagraph = 20_000;

/** What holds other blocks, or code, is read whole up to this many pieces: its parts would mean something else by themselves. */
const longestNested = 5;

export interface MarkdownPiece {
  /** What is nested too deep is shown as plain text. */
  readonly kind: "markdown" | "plain";
  readonly text: string;
  /** Where it goes on with the paragraph, list, table or quotation before it: what stands between the two. */
  readonly glue?: string;
}

export type Piece = MarkdownPiece | CodePiece;

type Block = NonNullable<ReturnType<typeof lexBlocks>>[number];

export interface BlockReader {
  /** The next finished piece of the text so far; undefined when what follows may still change. */
  next(text: string, ended: boolean): Piece | undefined;
  /** What may still change. It is no longer than a piece. */
  unfinished(text: string): Piece | undefined;
}

/**
 * Reads a text that grows. The pieces are the same, however it comes. `longestPiece` is the number of characters that are
 * read as Markdown at once: some constructs take time that grows with the square of it.
 */
export function createBlockReader(longestPiece = 2_000): BlockReader {
  let position = 0;
  let code: CodeReader | undefined;
  /** Set where the block before was cut. */
  let cut: { readonly glue: string; readonly header: string; readonly inPlainLine: boolean } | undefined;
  /** How many characters the pieces have that go on with one another. */
  let joined = 0;

  function skipBlankLines(text: string): void {
    for (let at = position; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === "\n") {
        position = at + 1;
        // A cut right before an empty line cut nothing.
        cut = undefined;
      } else if (character !== " " && character !== "\t") {
        return;
      }
    }
  }

  /** Begins to read fenced code where a line of the text opens some. */
  function openCode(text: string, ended: boolean): CodeReader | undefined {
    const lineBreak = text.indexOf("\n", position);
    if (lineBreak < 0 && !ended) return undefined;
    const line = text.slice(position, lineBreak < 0 ? text.length : lineBreak);
    const opened = followFences([], line);
    if (opened[0]?.nested !== false) return undefined;
    cut = undefined;
    return createCodeReader(opened, position + line.length + 1);
  }

  function piece(kind: "markdown" | "plain", text: string, end: number): MarkdownPiece {
    const { glue, header = "" } = cut ?? {};
    const written = header + text.slice(position, end);
    position = end;
    cut = undefined;
    return { kind, text: written, ...(glue !== undefined && { glue }) };
  }

  /** Cuts a block that is too long. What follows goes on with it, up to a number of characters. */
  function cutPiece(
    kind: "markdown" | "plain",
    text: string,
    end: number,
    goesOnTo: number,
    header = "",
  ): MarkdownPiece {
    const before = text.charAt(end - 1);
    const made = piece(kind, text, end);
    joined = made.text.length + ("glue" in made ? joined : 0);
    const glue = kind === "markdown" && (/\s/.test(before) || /\s/.test(text.charAt(end))) ? "\n" : "";
    if (joined < goesOnTo) cut = { glue, header, inPlainLine: kind === "plain" };
    return made;
  }

  /** What goes on where the block before was cut: not a table's header, where the next line is no row. */
  function withoutEmptyTable(rest: string): typeof cut {
    if (!cut?.header || rest === "") return cut;
    const table = lexBlocks(cut.header + rest)?.[0];
    return table && table.raw.length <= cut.header.length ? undefined : cut;
  }

  function nextBlocks(text: string, ended: boolean, longest: number): MarkdownPiece | undefined {
    const isFull = text.length - position > longest;
    const most = Math.min(position + longest, text.length);
    const deep = cut?.inPlainLine ? 0 : startOfDeepNesting(text.slice(position, most));
    if (deep === 0) return nextPlain(text, ended, most);
    const isWhole = deep > 0 || (ended && !isFull);
    const end = deep > 0 ? position + deep : isWhole ? most : endOfLines(text, most, isFull);
    const blocks = readBlocks(text, end);
    if (!blocks) return nextPlain(text, ended, most);
    const { closed, last } = closedLength(blocks, isWhole);
    const isWide = longest > longestPiece;
    const finished = finishedPiece(text, closed, isWide ? blocks[0] : undefined);
    if (finished || !isFull || !last) return finished;
    return !isWide && isNested(last) ? nextBlocks(text, ended, longest * longestNested) : cutBlock(last, text, end);
  }

  function readBlocks(text: string, end: number): Block[] | undefined {
    const rest = text.slice(position, end);
    cut = withoutEmptyTable(rest);
    return lexBlocks((cut?.header ?? "") + rest);
  }

  /** What nothing can change any more. A nested block, or its first item, is read by itself, whenever the rest comes. */
  function finishedPiece(text: string, closed: number, nested: Block | undefined): MarkdownPiece | undefined {
    const [item, nextItem] = itemsOf(nested);
    if (item && nextItem) return cutPiece("markdown", text, position + item.raw.length, Infinity);
    if (closed === 0) return undefined;
    return piece("markdown", text, position + (nested?.raw.length ?? closed - (cut?.header.length ?? 0)));
  }

  /** Only whole lines prove that a block has ended: one that is still being written can turn into anything. */
  function endOfLines(text: string, most: number, isFull: boolean): number {
    const end = text.lastIndexOf("\n", most - 1) + 1;
    if (end > position) return end;
    return isFull ? most : position;
  }

  function cutBlock(block: Block, text: string, end: number): MarkdownPiece | undefined {
    const itemsLength = itemsOf(block)
      .slice(0, -1)
      .reduce((sum, { raw }) => sum + raw.length, 0);
    if (itemsLength > 0) return cutPiece("markdown", text, position + itemsLength, Infinity);
    const fences = openFences(text.slice(position, end));
    if (fences.length > 0 && isNested(block)) {
      const made = piece("markdown", text, end);
      // What is left of the code is code of its own; read as Markdown, its end would begin some.
      code = createCodeReader(fences, end);
      return made;
    }
    const lineStart = block.type === "blockquote" ? "\n>" : block.type === "code" ? "\n" : undefined;
    const cutAt = placeToCut(text, position, end, lineStart);
    if (block.type === "table") {
      const top = /^[^\n]*\n[^\n]*\n/.exec(block.raw)?.[0] ?? "";
      const lineEnd = text.lastIndexOf("\n", end - 1) + 1;
      if (lineEnd - position > top.length - (cut?.header.length ?? 0) && top.length < longestPiece / 4)
        return cutPiece("markdown", text, lineEnd, Infinity, top);
    }
    // A line without words is no Markdown that anybody meant.
    if (cutAt === undefined) return nextPlain(text, true, end);
    return cutPiece("markdown", text, cutAt, block.type === "code" ? 0 : longestParagraph);
  }

  /** The rest of a line, or as much of it as may be read at once. */
  function nextPlain(text: string, ended: boolean, end: number): MarkdownPiece | undefined {
    const lineBreak = text.indexOf("\n", position);
    if (lineBreak >= 0 && lineBreak < end) return piece("plain", text, lineBreak + 1);
    if (end === text.length) return ended ? piece("plain", text, end) : undefined;
    const isHalf = /[\uD800-\uDBFF]/.test(text.charAt(end - 1));
    return cutPiece("plain", text, isHalf ? end - 1 : end, longestParagraph);
  }

  return {
    next: (text, ended) => {
      if (!code) skipBlankLines(text);
      if (!code && position >= text.length) return undefined;
      code ??= openCode(text, ended);
      if (!code) return nextBlocks(text, ended, longestPiece);
      const read = code.next(text, ended);
      position = code.position();
      if (read?.ends) code = undefined;
      return read;
    },
    unfinished: (text) => {
      if (code) return code.unfinished(text);
      const rest = text.slice(position);
      // A line that begins with a fence is not prose for a moment.
      if (rest.trim() === "" || /^ {0,3}(?:`{3,}[^`\n]*|~{3,}[^\n]*)$/.test(rest)) return undefined;
      const kind = cut?.inPlainLine || startOfDeepNesting(rest) === 0 ? "plain" : "markdown";
      const { glue, header = "" } = withoutEmptyTable(rest) ?? {};
      return { kind, text: header + rest, ...(glue !== undefined && { glue }) };
    },
  };
}

/** How long the blocks are that nothing can change any more, and the one after them. Fenced code is left to be read as such. */
function closedLength(blocks: readonly Block[], isWhole: boolean): { closed: number; last: Block | undefined } {
  let length = 0;
  let closed = 0;
  let last: Block | undefined;
  for (const block of blocks) {
    if (block.type !== "space") {
      closed = length;
      last = block;
    }
    if (/^ {0,3}(?:```|~~~)/.test(block.raw)) return { closed, last };
    length += block.raw.length;
  }
  return { closed: isWhole ? length : closed, last };
}

/** Whether a block is code, or holds blocks that nothing divides: items of a list may be cut apart, and lines of quoted text. */
function isNested(block: Block): boolean {
  if (block.type === "blockquote") return block.tokens?.length !== 1 || block.tokens[0]?.type !== "paragraph";
  return block.type === "code" || itemsOf(block).length === 1;
}

function itemsOf(block: Block | undefined): readonly { readonly raw: string }[] {
  return block?.type === "list" ? (block["items"] as readonly { readonly raw: string }[]) : [];
}

/** The fences that whole lines leave open. */
function openFences(lines: string): OpenFences {
  if (!lines.endsWith("\n")) return [];
  return lines.slice(0, -1).split("\n").reduce<OpenFences>(followFences, []);
}

/** Before the start of a line, or a word near the end, since other characters could begin another construct. */
function placeToCut(text: string, start: number, end: number, lineStart: string | undefined): number | undefined {
  for (let at = end; lineStart && at > start; at--) {
    if (text.startsWith(lineStart, at - 1)) return at;
  }
  for (let at = end; at > start; at--) {
    if (/\s/.test(text.charAt(at - 1)) && /\p{L}/u.test(text.charAt(at))) return at;
  }
  return undefined;
}
