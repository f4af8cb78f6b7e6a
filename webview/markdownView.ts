// An answer's Markdown on the page: finished blocks are frozen, only the open one is made anew.

import { type CodeBlock, createCodeBlock } from "./codeBlock.ts";
import { element } from "./components.ts";
import type { PageContext } from "./context.ts";
import { renderBlocks, splitBlocks } from "./markdown.ts";

export interface MarkdownView {
  readonly node: HTMLElement;
  /** Shows the text so far; `ended` when nothing will follow. */
  show(text: string, ended: boolean): void;
}

export function createMarkdownView(context: PageContext): MarkdownView {
  const node = element("div", "markdown");
  openLinks(node, context);
  let frozen = "";
  let open: ChildNode[] = [];
  let openCode: CodeBlock | undefined;

  /** Puts blocks in the place of the open one. */
  function replaceOpen(blocks: readonly string[], closed: boolean): void {
    const fragment = renderBlocks(blocks);
    const pre = onlyCode(fragment);
    if (pre && openCode && openCode.language === languageOf(pre)) {
      if (closed) openCode.close(pre.textContent);
      else openCode.write(pre.textContent);
      return;
    }
    openCode = undefined;
    for (const code of fragment.querySelectorAll("pre")) {
      const codeBlock = createCodeBlock(context, languageOf(code));
      if (closed) codeBlock.close(code.textContent);
      else codeBlock.write(code.textContent);
      code.replaceWith(codeBlock.node);
      if (code === pre) openCode = codeBlock;
    }
    for (const old of open) old.remove();
    open = [...fragment.childNodes];
    node.append(fragment);
  }

  function freeze(blocks: readonly string[]): void {
    if (blocks.length === 0) return;
    replaceOpen(blocks, true);
    frozen += blocks.join("");
    open = [];
    openCode = undefined;
  }

  return {
    node,
    show: (text, ended) => {
      const lines = text.replace(/\r\n?/g, "\n");
      if (!lines.startsWith(frozen)) {
        node.replaceChildren();
        frozen = "";
        open = [];
        openCode = undefined;
      }
      const blocks = splitBlocks(lines.slice(frozen.length));
      // The first closed block is the one that was open: if it is code, it keeps its node.
      freeze(blocks.closed.slice(0, 1));
      freeze(blocks.closed.slice(1));
      if (ended) freeze([blocks.open]);
      else replaceOpen([blocks.open], false);
    },
  };
}

/** The code of a block that is nothing but code. */
function onlyCode(fragment: DocumentFragment): HTMLPreElement | undefined {
  const child = fragment.children.length === 1 ? fragment.firstElementChild : null;
  return child instanceof HTMLPreElement ? child : undefined;
}

function languageOf(pre: HTMLPreElement): string {
  return pre.dataset["language"] ?? "";
}

/** A link has no address that the page could follow: the host opens it. */
function openLinks(node: HTMLElement, { ask }: PageContext): void {
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
