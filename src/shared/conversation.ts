// The one reducer of a conversation: the host and the page fold the same events with it.

import type { AnswerMessage, Conversation, ConversationEvent, Message } from "./chat.ts";

export function emptyConversation(id: string): Conversation {
  return { id, messages: [] };
}

/** The conversation after an event. An event about an answer that is not there changes nothing. */
export function reduceConversation(conversation: Conversation, event: ConversationEvent): Conversation {
  switch (event.type) {
    case "asked":
      return { ...conversation, messages: [...conversation.messages, event.message, newAnswer(event.answerId)] };
    case "retried":
      return withAnswer(conversation, event.answerId, () => newAnswer(event.answerId));
    case "delta":
      return withAnswer(conversation, event.answerId, (answer) => ({ ...answer, text: answer.text + event.text }));
    case "ended":
      return withAnswer(conversation, event.answerId, (answer) => ({
        ...answer,
        text: answer.text.slice(0, event.length),
        state: event.state,
        ...(event.problem && { problem: event.problem }),
        ...(event.notes && { notes: event.notes }),
      }));
  }
}

/** The answer that is being written, if one is. */
export function streamingAnswer(conversation: Conversation): AnswerMessage | undefined {
  return conversation.messages.find(
    (message): message is AnswerMessage => message.role === "assistant" && message.state === "streaming",
  );
}

/** A conversation as it comes back from storage: an answer that was running when it was stored runs no more. */
export function restoredConversation(conversation: Conversation): Conversation {
  const answer = streamingAnswer(conversation);
  return answer
    ? reduceConversation(conversation, { type: "ended", answerId: answer.id, state: "interrupted" })
    : conversation;
}

function newAnswer(id: string): AnswerMessage {
  return { id, role: "assistant", text: "", state: "streaming" };
}

function withAnswer(
  conversation: Conversation,
  id: string,
  change: (answer: AnswerMessage) => AnswerMessage,
): Conversation {
  const messages = conversation.messages.map((message): Message =>
    message.role === "assistant" && message.id === id ? change(message) : message,
  );
  return { ...conversation, messages };
}
