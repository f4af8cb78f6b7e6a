// Markdown on the page: what is finished is rendered once, in pieces; only what is being written is made anew.

import { type BlockReader, type MarkdownPiece, type Piece, createBlockReader } from "./blocks.ts";
import { type CodeBlock, createCodeBlock } from "./codeBlock.ts";
import { element } from "./components.ts";
import type { MarkdownContext } from "./context.ts";
import type { HasTime } from "./frame.ts";
import { renderPiece } from "./markdown.ts";

/** Characters of a group of finished blocks, which a browser lays out and paints without the others. */
const longestGroup = 4_000;

export interface MarkdownView {
  readonly node: HTMLElement;
  /** Shows the text so far; `ended` when nothing will follow. Returns false when the time was up before it was all shown. */
  show(text: string, ended: boolean, hasTime: HasTime): boolean;
}

export function createMarkdownView(context: MarkdownContext): MarkdownView {
  const node = element("div", "markdown");
  openLinks(node, context);
  const source = createSource();
  let reader: BlockReader = createBlockReader();
  let group: HTMLElement | undefined;
  let groupLength = 0;
  let finished: Element | undefined;
  let unfinished: readonly Node[] = [];
  let openCode: CodeBlock | undefined;

  function removeUnfinished(): void {
    for (const old of unfinished) old.parentNode?.removeChild(old);
    unfinished = [];
    if (group?.hasChildNodes() !== false) return;
    group.remove();
    group = undefined;
  }

  function append(block: Node): void {
    if (!group) {
      group = element("div", "group");
      node.append(group);
    }
    group.append(block);
  }

  /** Groups are the same, however the text comes: they go by the blocks alone. */
  function finish(block: Node): void {
    if (block instanceof Element) finished = block;
    groupLength += block.textContent?.length ?? 0;
    if (groupLength <= longestGroup) return;
    group = undefined;
    groupLength = 0;
  }

  /** Adds Markdown; returns the nodes by which it can be taken away again. */
  function addMarkdown({ kind, text, glue }: MarkdownPiece, closed: boolean): readonly Node[] {
    const fragment = renderPiece(kind, text);
    for (const pre of fragment.querySelectorAll("pre")) {
      const code = createCodeBlock(context, pre.dataset["language"] ?? "");
      code.append(pre.textContent);
      if (closed) code.close();
      pre.replaceWith(code.node);
    }
    const joined = glue === undefined ? [] : join(finished, fragment, glue);
    const blocks = [...fragment.childNodes];
    for (const block of blocks) {
      append(block);
      if (closed) finish(block);
    }
    return [...joined, ...blocks];
  }

  function codeInWork(language: string): CodeBlock {
    if (!openCode) {
      removeUnfinished();
      openCode = createCodeBlock(context, language);
      append(openCode.node);
    }
    return openCode;
  }

  function add(piece: Piece): void {
    if (piece.kind === "code") {
      const code = codeInWork(piece.language);
      code.append(piece.text);
      if (!piece.ends) return;
      code.close();
      finish(code.node);
      openCode = undefined;
    } else {
      removeUnfinished();
      addMarkdown(piece, true);
    }
  }

  function showUnfinished(piece: Piece | undefined): void {
    if (piece?.kind === "code") {
      codeInWork(piece.language).showTail(piece.text);
    } else {
      removeUnfinished();
      if (piece) unfinished = addMarkdown(piece, false);
    }
  }

  return {
    node,
    show: (written, ended, hasTime) => {
      if (!source.take(written, ended)) {
        node.replaceChildren();
        reader = createBlockReader();
        group = undefined;
        groupLength = 0;
        finished = undefined;
        unfinished = [];
        openCode = undefined;
      }
      const text = source.text();
      for (let piece = reader.next(text, ended); piece; piece = reader.next(text, ended)) {
        add(piece);
        if (!hasTime()) return false;
      }
      if (ended) removeUnfinished();
      else showUnfinished(reader.unfinished(text));
      return true;
    },
  };
}

/** A text that grows, with its line breaks as "\n". */
function createSource() {
  let raw = "";
  let text = "";
  return {
    /** Takes the text so far; false when it begins anew. */
    take: (written: string, ended: boolean): boolean => {
      const grows = written.startsWith(raw);
      if (!grows) raw = text = "";
      // The second half of a line break may be on its way.
      const end = written.endsWith("\r") && !ended ? written.length - 1 : written.length;
      text += written.slice(raw.length, end).replace(/\r\n?/g, "\n");
      raw = written.slice(0, end);
      return grows;
    },
    text: () => text,
  };
}

/** Lets an element go on with the start of what follows; returns the nodes that went over. */
function join(element: Element | undefined, fragment: DocumentFragment, glue: string): readonly Node[] {
  const next = fragment.firstElementChild;
  if (!element || next?.tagName !== element.tagName) return [];
  const isTable = element.tagName === "TABLE";
  const [from, to] = isTable ? [next.querySelector("tbody"), element.querySelector("tbody")] : [next, element];
  if (!from || !to || !["P", "UL", "OL", "BLOCKQUOTE", "TABLE"].includes(element.tagName)) return [];
  const nodes = [...(element.tagName === "P" && glue ? [document.createTextNode(glue)] : []), ...from.childNodes];
  to.append(...nodes);
  next.remove();
  return nodes;
}

/** A link has no address that the page could follow: the host opens it. */
function openLinks(node: HTMLElement, { ask }: MarkdownContext): void {
  const open = (event: Event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>("a[data-href]") : null;
    const href = link?.dataset["href"];
    if (href !== undefined) void ask({ type: "openLink", href });
  };
  node.addEventListener("click", open);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open(event);
  });
}
