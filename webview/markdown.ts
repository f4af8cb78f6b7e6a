// The only file that turns text into HTML: marked or highlight.js writes it, DOMPurify lets little of it through.

import DOMPurify from "dompurify";
import hljs from "highlight.js/lib/common";
import { Marked, type Token } from "marked";

/** Longer lines than any writer means as Markdown; some constructs take time that grows with their square. */
const longestLine = 5_000;

/** Code beyond this many characters stays plain: highlighting would be seen as a pause. */
const longestHighlighted = 50_000;

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
  "p h3 h4 h5 h6 ul ol li blockquote pre code em strong del a br hr table thead tbody tr th td".split(" ");

const marked = new Marked({
  // HTML in an answer is shown as it is written. A reference's definition would reach back into finished blocks.
  // Nor may a line of `===` make a heading of more than the line above it, which may be a block of its own by then.
  tokenizer: {
    html: () => undefined,
    tag: () => undefined,
    def: () => undefined,
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
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** Text that is still being written: blocks that no further text can change, and the rest. */
export interface Blocks {
  readonly closed: readonly string[];
  readonly open: string;
}

/** Fenced code with its last line, a fence like its first. */
const closedFence = /^\s*(`{3,}(?!`)|~{3,}(?!~)).*\n(?:[^]*\n)? {0,3}\1[`~]* *$/;

/** Cuts Markdown into blocks. Joined, they are the text; the line breaks after a block belong to the next. */
export function splitBlocks(text: string): Blocks {
  // Only whole lines prove that a block has ended: a line that is still being written can turn into anything.
  const lines = text.slice(0, text.lastIndexOf("\n") + 1);
  const blocks: string[] = [];
  let blockStart = 0;
  let tokenStart = 0;
  for (const { type, raw } of lexBlocks(lines) ?? []) {
    const blockEnd = tokenStart + raw.replace(/\n+$/, "").length;
    tokenStart += raw.length;
    if (type === "space") continue;
    blocks.push(lines.slice(blockStart, blockEnd));
    blockStart = blockEnd;
  }
  const last = blocks.at(-1);
  if (last !== undefined && !closedFence.test(last)) blockStart -= blocks.pop()?.length ?? 0;
  return { closed: blocks, open: text.slice(blockStart) };
}

/** The DOM of blocks. Code is a `pre` with `data-language`, a link an `a` with `data-href`; neither does anything yet. */
export function renderBlocks(blocks: readonly string[]): DocumentFragment {
  // To render many at once takes a fraction of the time, but one that cannot be read would take the others with it.
  const rendered = renderMarkdown(blocks.join("")) ?? blocks.map((block) => renderMarkdown(block) ?? plainBlock(block));
  const fragment = document.createDocumentFragment();
  fragment.append(...[rendered].flat());
  // Each block runs in the direction of its first letter. On a parent of many this would be slow.
  for (const block of fragment.children) block.setAttribute("dir", "auto");
  return fragment;
}

/** The DOM of Markdown; undefined when it has lines too long, or is nested too deep, to be read in time. */
function renderMarkdown(text: string): DocumentFragment | undefined {
  const isCode = lexBlocks(text)?.every((token) => token.type === "code" || token.type === "space");
  const tame = isCode || !hasLongLine(text);
  const html = tame ? unlessTooDeep(() => marked.parse(text, { async: false })) : undefined;
  if (html === undefined) return undefined;
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: markdownElements,
    ALLOWED_ATTR: ["href", "start", "align", "data-language"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
    // DOMPurify asks the values of all other attributes to be addresses, too.
    ADD_URI_SAFE_ATTR: ["start", "align", "data-language"],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll("a")) takeAddress(link);
  return fragment;
}

/** Code in colours, or plain when its language is unknown or it is very long. */
export function highlight(code: string, language: string): DocumentFragment {
  const name = highlightNames.get(language) ?? language;
  if (!hljs.getLanguage(name) || code.length > longestHighlighted || hasLongLine(code)) return plainText(code);
  return DOMPurify.sanitize(hljs.highlight(code, { language: name, ignoreIllegals: true }).value, {
    ALLOWED_TAGS: ["span"],
    ALLOWED_ATTR: ["class"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** The blocks of a text, without what is inside them. */
function lexBlocks(text: string): Token[] | undefined {
  return unlessTooDeep(() => new marked.Lexer(marked.defaults).blockTokens(tameLongLines(text)));
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

/** The text with long lines made harmless, its length unchanged. How a line begins tells what block it is. */
function tameLongLines(text: string): string {
  if (!hasLongLine(text)) return text;
  return text
    .split("\n")
    .map((line) => (line.length > longestLine ? line.slice(0, 80).padEnd(line.length, "x") : line))
    .join("\n");
}

function hasLongLine(text: string): boolean {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    if ((end < 0 ? text.length : end) - start > longestLine) return true;
    if (end < 0) return false;
    start = end + 1;
  }
  return false;
}

function plainBlock(text: string): DocumentFragment {
  const paragraph = document.createElement("p");
  paragraph.className = "plain";
  paragraph.textContent = text.trim();
  const fragment = document.createDocumentFragment();
  fragment.append(paragraph);
  return fragment;
}

function plainText(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  fragment.append(text);
  return fragment;
}

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

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
