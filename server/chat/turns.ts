// The words of a conversation as the model reads them.

import { splitAnswer } from "../../src/shared/answerParts.ts";
import { oneLine } from "../../src/shared/plainText.ts";
import type { Attachment, ChatCommand, ChatTurn, Message, UserMessage } from "../../src/shared/chat.ts";
import type { ToolCall } from "../../src/shared/tools.ts";

const systemPrompt =
  "You are Falcon, an assistant for code and prose inside the user's editor. Answer briefly and precisely. " +
  "Write Markdown, and put code into fenced blocks that name their language. If you do not know, say so.";

const commandText: Readonly<Record<ChatCommand, string>> = {
  explain: "Explain what this does, step by step, and what is notable about it.",
  document: "Document this function.",
};

/**
 * The conversation's turns: the system prompt first, then questions and answers by turns. An answer that says nothing is
 * left out with its question.
 */
export function turnsOf(messages: readonly (Message | ChatTurn)[]): ChatTurn[] {
  const system: string[] = [];
  const turns: ChatTurn[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    const text = textOf(message);
    const toolCalls = toolCallsOf(message);
    if (message.role === "system") system.push(text);
    else if (message.role === "assistant" && text === "" && toolCalls.length === 0) {
      if (last?.role === "user") turns.pop();
    } else if (last?.role === message.role && isText(last) && isText(message)) {
      turns[turns.length - 1] = { role: message.role, text: `${last.text}\n\n${text}` };
    } else turns.push({ role: message.role, text, ...(toolCalls.length > 0 && { toolCalls }) });
  }
  return [{ role: "system", text: system.join("\n\n") || systemPrompt }, ...turns];
}

function toolCallsOf(message: Message | ChatTurn): readonly ToolCall[] {
  return ("toolCalls" in message && message.toolCalls) || [];
}

/** Whether nothing but its text makes it a turn of its own. */
function isText(message: Message | ChatTurn): boolean {
  return message.role !== "tool" && toolCallsOf(message).length === 0;
}

function textOf(message: Message | ChatTurn): string {
  if (message.role === "assistant") return answerText(message.text);
  return "attachments" in message ? userText(message) : message.text;
}

/** What an answer says. Models are trained without the thinking and the tool calls of earlier turns. */
function answerText(answer: string): string {
  return splitAnswer(answer)
    .flatMap(({ kind, text }) => (kind === "text" ? [text.trim()] : []))
    .join("\n\n");
}

function userText({ text, attachments, command }: UserMessage): string {
  const question = [command && commandText[command], text].filter((each) => each !== undefined && each !== "");
  return [...attachments.map(attachmentText), ...question].join("\n\n");
}

/** How an attachment stands in a question. Its label may be a file's name, which is no line of the question. */
export function attachmentText({ label, languageId, text }: Attachment): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${oneLine(label)}:\n${fence}${languageId}\n${text.trimEnd()}\n${fence}`;
}

/** A fence must be longer than any run of backticks inside. */
function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
