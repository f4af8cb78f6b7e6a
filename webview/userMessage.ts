// A message of the user's: the words, or the command that stands for them, and what was attached.

import type { Attachment, UserMessage } from "../src/shared/protocol.ts";
import { codicon, element } from "./components.ts";
import { type PageContext, fill } from "./context.ts";
import { highlight } from "./markdown.ts";

/** Quoted code shows this many lines at first. */
const fewLines = 10;

/** Folding away fewer lines than this is not worth a button. */
const linesWorthFolding = 4;

export function createUserMessage(context: PageContext, message: UserMessage): HTMLElement {
  const node = element("article", "message user", element("h2", "visually-hidden", context.strings.you));
  if (message.command === "explain") {
    node.append(element("p", "command", codicon("comment-discussion"), context.strings.explain));
  }
  if (message.text) {
    const text = element("p", "text", message.text);
    text.dir = "auto";
    node.append(text);
  }
  if (message.attachments.length > 0) {
    const chips = message.attachments.map((attachment) => element("li", "", createLocationChip(context, attachment)));
    node.append(element("ul", "chips", ...chips));
  }
  if (message.command) node.append(...message.attachments.map((attachment) => createQuote(context, attachment)));
  return node;
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
  return attachment.range ? "list-selection" : "file-code";
}

/** The code of an attachment, folded when it is long. */
function createQuote({ strings }: PageContext, { label, text, languageId }: Attachment): HTMLElement {
  const code = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
  const lines = code.split("\n");
  const start = lines.slice(0, fewLines).join("\n");
  const shown = element("code", "");
  const pre = element("pre", "", shown);
  pre.dir = "ltr";
  const quote = element("div", "quote", pre);
  quote.role = "group";
  quote.ariaLabel = label;
  if (lines.length < fewLines + linesWorthFolding) {
    shown.append(highlight(code, languageId));
    return quote;
  }
  const toggle = element("button", "fold");
  toggle.type = "button";
  const fold = (folded: boolean) => {
    shown.replaceChildren(highlight(folded ? start : code, languageId));
    quote.classList.toggle("folded", folded);
    toggle.ariaExpanded = String(!folded);
    toggle.textContent = folded ? fill(strings.showAllLines, lines.length) : strings.showFewerLines;
  };
  toggle.addEventListener("click", () => fold(toggle.ariaExpanded === "true"));
  fold(true);
  quote.append(toggle);
  return quote;
}
