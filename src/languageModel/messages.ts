// The messages of VS Code's language model API as turns of a conversation.

import {
  LanguageModelChatMessageRole,
  LanguageModelTextPart,
  LanguageModelToolCallPart,
  LanguageModelToolResultPart,
  type LanguageModelChatRequestMessage,
  type LanguageModelChatTool,
} from "vscode";

import type { ChatTurn } from "../shared/chat.ts";
import type { JsonObject, Tool, ToolCall } from "../shared/tools.ts";

export function turnsOf(messages: readonly LanguageModelChatRequestMessage[]): ChatTurn[] {
  return messages.flatMap(messageTurns);
}

/** All text of a message, for counting. */
export function textOf(message: LanguageModelChatRequestMessage): string {
  return messageTurns(message)
    .map(({ text, toolCalls }) => (toolCalls ? `${text}\n${JSON.stringify(toolCalls)}` : text))
    .join("\n");
}

export function toolsOf({ name, description, inputSchema }: LanguageModelChatTool): Tool {
  return { name, description, ...(inputSchema && { parameters: asJson(inputSchema) }) };
}

/** A message of the user may hold what tools gave, each of which is a turn of its own, before what he says. */
function messageTurns({ role, content }: LanguageModelChatRequestMessage): ChatTurn[] {
  const results = content.filter((part) => part instanceof LanguageModelToolResultPart);
  const toolCalls = content.filter((part) => part instanceof LanguageModelToolCallPart).map(callOf);
  const text = textsOf(content);
  const turns = results.map((result): ChatTurn => ({ role: "tool", text: textsOf(result.content) }));
  if (text !== "" || toolCalls.length > 0 || results.length === 0) {
    turns.push({ role: roleOf(role), text, ...(toolCalls.length > 0 && { toolCalls }) });
  }
  return turns;
}

/** VS Code has a role for system messages, too, which its stable API does not name. */
function roleOf(role: LanguageModelChatMessageRole): ChatTurn["role"] {
  const roles: Partial<Record<number, ChatTurn["role"]>> = {
    [LanguageModelChatMessageRole.User]: "user",
    [LanguageModelChatMessageRole.Assistant]: "assistant",
  };
  return roles[role] ?? "system";
}

/** Falcon reads text alone. */
function textsOf(parts: readonly unknown[]): string {
  return parts.flatMap((part) => (part instanceof LanguageModelTextPart ? [part.value] : [])).join("");
}

function callOf({ name, input }: LanguageModelToolCallPart): ToolCall {
  return { name, arguments: asJson(input) };
}

/** What goes through VS Code's API is JSON. */
function asJson(value: object): JsonObject {
  return value as JsonObject;
}
