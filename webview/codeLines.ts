// Code in chunks of lines: a browser lays one out, and it is coloured, without the others.

import { element } from "./components.ts";
import type { MarkdownContext } from "./context.ts";
import { highlight } from "./markdown.ts";

/** Characters of a chunk. Colours go wrong where a chunk ends in a comment of many lines, so it is not too short. */
const longestChunk = 1_200;
const shortestChunk = 600;

/** A line of more characters is broken. */
const longestLine = 20_000;

export interface CodeLines {
  /** A `code` element. */
  readonly node: HTMLElement;
  append(text: string): void;
  /** Shows, at the end, what is not whole yet. */
  showTail(text: string): void;
  /** Nothing will follow. */
  close(): void;
}

export function createCodeLines(context: MarkdownContext, language: string): CodeLines {
  const node = element("code", "");
  const tail = document.createTextNode("");
  let chunk: HTMLElement | undefined;
  let text = document.createTextNode("");
  let afterEmptyLine = false;

  /** A chunk ends with a line, best with a paragraph of code that nothing set in follows. */
  function isChunkFull(line: string): boolean {
    if (!text.data.endsWith("\n")) return text.length + line.length > longestLine;
    const isBoundary = afterEmptyLine && /^\S/.test(line);
    return text.length + line.length > longestChunk || (isBoundary && text.length > shortestChunk);
  }

  function colour(): void {
    const [done, code] = [chunk, text.data];
    // The grammars of highlight.js take their time with long lines.
    if (!done || code.length > 2 * longestChunk) return;
    context.later(() => {
      const coloured = highlight(code, language);
      if (coloured) done.replaceChildren(coloured);
    });
  }

  return {
    node,
    append: (added) => {
      tail.data = "";
      for (const line of added.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
        if (!chunk || isChunkFull(line)) {
          colour();
          text = document.createTextNode("");
          chunk = element("span", "lines", text, tail);
          node.append(chunk);
        }
        if (text.data.endsWith("\n") || text.length === 0) afterEmptyLine = false;
        afterEmptyLine ||= line === "\n";
        text.appendData(line);
      }
    },
    showTail: (written) => {
      if (!chunk) {
        chunk = element("span", "lines", text, tail);
        node.append(chunk);
      }
      tail.data = written;
    },
    close: () => {
      tail.remove();
      colour();
    },
  };
}
