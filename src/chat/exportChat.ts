// A chat as a Markdown document.

import { splitAnswer } from "../shared/answerParts.ts";
import type { Conversation, Message } from "../shared/chat.ts";

/** Words in the user's language. */
export interface ExportWords {
  readonly you: string;
  readonly falcon: string;
  readonly attached: string;
  readonly commands: Readonly<Record<string, string>>;
}

/** What was asked and answered; of attachments their names, and of an answer what it says, without the thinking. */
export function chatMarkdown({ messages }: Conversation, title: string, words: ExportWords): string {
  return `${[`# ${title}`, ...messages.map((message) => describe(message, words))].join("\n\n")}\n`;
}

function describe(message: Message, { you, falcon, attached, commands }: ExportWords): string {
  if (message.role === "assistant") {
    const said = splitAnswer(message.text).flatMap(({ kind, text }) => (kind === "text" ? [text.trim()] : []));
    return [`## ${falcon}`, ...said, ...(message.notes ?? []).map((note) => `> ${note}`)].join("\n\n");
  }
  const { text, command, attachments } = message;
  const names = attachments.map(({ label }) => `\`${label.replaceAll("`", "'")}\``).join(", ");
  return [
    `## ${you}`,
    ...(command ? [commands[command] ?? command] : []),
    ...(text ? [text] : []),
    ...(names ? [`${attached}: ${names}`] : []),
  ].join("\n\n");
}
