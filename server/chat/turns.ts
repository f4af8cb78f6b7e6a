// The words of a conversation as the model reads them.

import type { Attachment, ChatCommand, Message } from "../../src/shared/protocol.ts";
import type { Turn } from "./formats.ts";

const systemPrompt =
  "You are Falcon, an assistant for code and prose inside the user's editor. Answer briefly and precisely. " +
  "Write Markdown, and put code into fenced blocks that name their language. If you do not know, say so.";

const commandText: Readonly<Record<ChatCommand, string>> = {
  explain: "Explain what this does, step by step, and what is notable about it.",
};

/** The conversation's turns, with the system prompt first. Answers that were never written are left out with their questions. */
export function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === "user") turns.push({ role: "user", text: userText(message) });
    else if (message.text.trim() !== "") turns.push({ role: "assistant", text: message.text });
    // An unanswered question would stand before the next one, and roles must alternate.
    else if (turns.at(-1)?.role === "user") turns.pop();
  }
  return [{ role: "system", text: systemPrompt }, ...turns];
}

function userText({ text, attachments, command }: Extract<Message, { role: "user" }>): string {
  const question = [command && commandText[command], text].filter((each) => each !== undefined && each !== "");
  return [...attachments.map(attachmentText), ...question].join("\n\n");
}

function attachmentText({ label, languageId, text }: Attachment): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${label}:\n${fence}${languageId}\n${text.replace(/\s+$/, "")}\n${fence}`;
}

/** A fence must be longer than any run of backticks inside. */
function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
