// The only file that turns text into HTML: marked or highlight.js writes it, DOMPurify lets little of it through.

import DOMPurify from "dompurify";
import hljs from "highlight.js/lib/common";
import { Marked, type Token } from "marked";

import { runsFromRight } from "./direction.ts";
import { escapeHtml } from "./escapeHtml.ts";
import { maskMath, mathExtensions } from "./math.ts";

/** Emphasis is read in time that grows with the cube of its marks. More of them than this are not meant as emphasis. */
const mostEmphasis = 64;

/** Deeper nesting than any writer means; to read it takes time that grows with its square. */
const deepNesting = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){32}/m;

/** VS Code's names of languages that highlight.js calls otherwise. */
const highlightNames: ReadonlyMap<string, string> = new Map([
  ["typescriptreact", "typescript"],
  ["javascriptreact", "javascript"],
  ["shellscript", "bash"],
  ["jsonc", "json"],
  ["vue", "xml"],
]);

/** What an answer may consist of. Links lose their address to `data-href` before they reach the page. */
const markdownElements =
  "p h3 h4 h5 h6 ul ol li blockquote pre code em strong del a br hr span table thead tbody tr th td".split(" ");

const marked = new Marked({
  // HTML in an answer is shown as it is written. A reference's definition would reach back into finished blocks.
  // Nor may a line of `===` make a heading of more than the line above it, which may be a block of its own by then.
  tokenizer: {
    html: () => undefined,
    tag: () => undefined,
    def: () => undefined,
    emStrong: (_, masked) => (hasTooMuchEmphasis(masked) ? undefined : false),
    del: (_, masked) => (hasTooMuchEmphasis(masked) ? undefined : false),
    lheading: (text) => (/^[^\n]+\n {0,3}(?:=+|-+) *(?:\n|$)/.test(text) ? false : undefined),
  },
  renderer: {
    code: ({ text, lang }) =>
      `<pre data-language="${escapeHtml(/^\S*/.exec(lang ?? "")?.[0] ?? "")}">${escapeHtml(text)}</pre>`,
    // The page's own headings are of the second level.
    heading({ tokens, depth }) {
      const name = `h${Math.min(depth + 2, 6)}`;
      return `<${name}>${this.parser.parseInline(tokens)}</${name}>`;
    },
    image: ({ href, text }) => `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`,
    // Code reads from left to right, and its letters do not tell the direction of what it stands in.
    codespan: ({ text }) => `<code dir="ltr">${escapeHtml(text)}</code>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
  extensions: mathExtensions,
  hooks: { emStrongMask: maskMath },
});

/** The DOM of a piece of Markdown. Code is a `pre` with `data-language`, a link an `a` with `data-href`; neither does anything yet. */
export function renderPiece(kind: "markdown" | "plain", text: string): DocumentFragment {
  const fragment = (kind === "markdown" ? renderMarkdown(text) : undefined) ?? plainBlock(text);
  setDirections(fragment);
  return fragment;
}

/** The DOM of Markdown; undefined when it is nested too deep to be read. */
function renderMarkdown(text: string): DocumentFragment | undefined {
  const html = unlessTooDeep(() => marked.parse(text, { async: false }));
  if (html === undefined) return undefined;
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: markdownElements,
    ALLOWED_ATTR: ["href", "start", "align", "data-language", "dir"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
    // DOMPurify asks the values of all other attributes to be addresses, too.
    ADD_URI_SAFE_ATTR: ["start", "align", "data-language", "dir"],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll("a")) takeAddress(link);
  return fragment;
}

/** Code in colours; undefined when its language is unknown. It is to be short: some grammars take time that grows with the cube. */
export function highlight(code: string, language: string): DocumentFragment | undefined {
  const name = highlightNames.get(language) ?? language;
  if (!hljs.getLanguage(name)) return undefined;
  return DOMPurify.sanitize(hljs.highlight(code, { language: name, ignoreIllegals: true }).value, {
    ALLOWED_TAGS: ["span"],
    ALLOWED_ATTR: ["class"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** The blocks of a text, without what is inside them; undefined when they are nested too deep to be read. */
export function lexBlocks(text: string): Token[] | undefined {
  return unlessTooDeep(() => new marked.Lexer(marked.defaults).blockTokens(text));
}

/** Where a text has its first line that is nested too deep to be read in time; -1 when it has none. */
export function startOfDeepNesting(text: string): number {
  return text.search(deepNesting);
}

/** What marked makes of a text; undefined when it is nested so deep that the stack ends. */
function unlessTooDeep<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function plainBlock(text: string): DocumentFragment {
  const paragraph = document.createElement("p");
  paragraph.className = "plain";
  paragraph.textContent = text.replace(/\n$/, "");
  const fragment = document.createDocumentFragment();
  fragment.append(paragraph);
  return fragment;
}

/** Each block runs in the direction of its own first letter; one that holds others, in that of the first of them. */
function setDirections(fragment: DocumentFragment): void {
  for (const block of fragment.querySelectorAll("p, h3, h4, h5, h6, li, th, td")) block.setAttribute("dir", "auto");
  for (const holder of fragment.querySelectorAll("ul, ol, table, blockquote")) {
    holder.setAttribute("dir", startsFromRight(holder) ? "rtl" : "ltr");
  }
}

function startsFromRight(holder: Element): boolean {
  const texts = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { nodeValue, parentElement } = texts.currentNode;
    const fromRight = parentElement?.closest("code, span") ? undefined : runsFromRight(nodeValue ?? "");
    if (fromRight !== undefined) return fromRight;
  }
  return false;
}

/** Counts the marks of emphasis once for each text: marked asks about each of them with the same text. */
const hasTooMuchEmphasis = (() => {
  let counted = "";
  let isTooMuch = false;
  return (text: string): boolean => {
    if (text !== counted) isTooMuch = (text.match(/\*+|_+|~+/g)?.length ?? 0) > mostEmphasis;
    counted = text;
    return isTooMuch;
  };
})();

/** Leaves a link no address to follow, only one to show and to ask the host for. */
function takeAddress(link: HTMLAnchorElement): void {
  const address = link.getAttribute("href");
  link.removeAttribute("href");
  if (address === null) {
    link.replaceWith(...link.childNodes);
    return;
  }
  link.dataset["href"] = address;
  link.title = address;
  link.role = "link";
  link.tabIndex = 0;
}
