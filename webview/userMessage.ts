// A message of the user's: the words, or the command that stands for them, and what was attached.

import type { Attachment, UserMessage } from "../src/shared/chat.ts";
import { codicon, element } from "./components.ts";
import { createEdit } from "./editMessage.ts";
import { type PageContext, fill } from "./context.ts";
import { createCodeLines } from "./codeLines.ts";

/** Quoted code shows this many lines at first. */
const fewLines = 10;

/** Characters of a message that are shown folded, and that are worth it. */
const shortText = 1_000;
const longestText = 5_000;

/** Characters that a browser lays out at once. */
const longestPiece = 2_000;

/** Folding away fewer lines than this is not worth a button. */
const linesWorthFolding = 4;

export function createUserMessage(context: PageContext, message: UserMessage): HTMLElement {
  const node = element("article", "message user", element("h2", "visually-hidden", context.strings.you));
  if (message.command) {
    node.append(element("p", "command", codicon("comment-discussion"), context.strings.commands[message.command]));
  }
  if (message.text) node.append(...createText(context, message.text));
  if (message.attachments.length > 0) {
    const chips = message.attachments.map((attachment) => element("li", "", createLocationChip(context, attachment)));
    node.append(element("ul", "chips", ...chips));
  }
  if (message.command) node.append(...message.attachments.map((attachment) => createQuote(context, attachment)));
  else node.append(createEdit(context, message, node));
  return node;
}

/** The words, folded when they are many: a browser takes long to lay out what nobody reads again. */
function createText({ strings }: PageContext, words: string): HTMLElement[] {
  const text = element("p", "text");
  text.dir = "auto";
  if (words.length <= longestText) {
    text.textContent = words;
    return [text];
  }
  const fold = (folded: boolean) => {
    const shown = folded ? `${words.slice(0, shortText)}…` : words;
    text.replaceChildren(...piecesOf(shown).map((piece) => element("span", "lines", piece)));
  };
  return [text, createFold(fold, strings.showAllText, strings.showLessText)];
}

/** Pieces that a browser lays out, and skips while they are out of sight, one by one. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const lineBreak = text.lastIndexOf("\n", start + longestPiece) + 1;
    const end =
      start + longestPiece >= text.length ? text.length : lineBreak > start ? lineBreak : start + longestPiece;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

/** A button that folds and unfolds what is before it. It begins folded. */
function createFold(fold: (folded: boolean) => void, more: string, less: string): HTMLElement {
  const toggle = element("button", "fold");
  toggle.type = "button";
  const show = (folded: boolean) => {
    fold(folded);
    toggle.ariaExpanded = String(!folded);
    toggle.textContent = folded ? more : less;
  };
  toggle.addEventListener("click", () => show(toggle.ariaExpanded === "true"));
  show(true);
  return toggle;
}

/** A chip that opens where the attachment came from. */
function createLocationChip({ strings, ask }: PageContext, attachment: Attachment): HTMLElement {
  const chip = element(
    "button",
    "chip",
    codicon(attachmentIcon(attachment)),
    element("span", "name", attachment.label),
  );
  chip.type = "button";
  chip.title = fill(strings.openAttachment, attachment.label);
  chip.addEventListener("click", () => void ask({ type: "openAttachment", id: attachment.id }));
  return chip;
}

export function attachmentIcon(attachment: Attachment): string {
  return attachment.icon ?? (attachment.range ? "list-selection" : "file-code");
}

/** The code of an attachment, folded when it is long. */
function createQuote(context: PageContext, { label, text, languageId }: Attachment): HTMLElement {
  const { strings } = context;
  const lines = text.trimEnd().split(/\r\n?|\n/);
  const pre = element("pre", "");
  const show = (shown: readonly string[]) => {
    const code = createCodeLines(context, languageId);
    code.append(shown.join("\n"));
    code.close();
    pre.replaceChildren(code.node);
  };
  pre.dir = "ltr";
  const quote = element("div", "quote", pre);
  quote.role = "group";
  quote.ariaLabel = label;
  if (lines.length < fewLines + linesWorthFolding) {
    show(lines);
    return quote;
  }
  const fold = (folded: boolean) => {
    show(folded ? lines.slice(0, fewLines) : lines);
    quote.classList.toggle("folded", folded);
  };
  quote.append(createFold(fold, fill(strings.showAllLines, lines.length), strings.showFewerLines));
  return quote;
}
