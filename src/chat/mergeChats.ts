// One chat as two windows have it, where one has only named what the other goes on with: both is kept.

import { isDeepStrictEqual } from "node:util";

import { restoredConversation } from "../shared/conversation.ts";
import type { Conversation } from "../shared/chat.ts";
import type { StoredConversation } from "./chatFile.ts";

/** A chat that holds what both windows have, and whether its messages are this window's. */
interface MergedChat extends StoredConversation {
  readonly isAhead: boolean;
}

/**
 * Undefined where both have gone on.
 * @param seenTitle the title that this window last knew the file to have
 */
export function mergeChats(
  ours: StoredConversation,
  theirs: StoredConversation,
  seenTitle: string | undefined,
): MergedChat | undefined {
  const restored = restoredConversation(ours.conversation);
  const isAhead = goesOn(theirs.conversation, restored);
  if (!isAhead && !goesOn(restored, theirs.conversation)) return undefined;
  const title = ours.conversation.title === seenTitle ? theirs.conversation.title : ours.conversation.title;
  const { id, messages } = isAhead ? ours.conversation : theirs.conversation;
  const conversation: Conversation = { id, messages, ...(title !== undefined && { title }) };
  return { conversation, changed: Math.max(ours.changed, theirs.changed), isAhead };
}

/** Whether a conversation begins with all that is in another, whose last answer may have grown since. */
function goesOn({ messages: from }: Conversation, { messages: to }: Conversation): boolean {
  return from.every((message, index) => {
    const now = to[index];
    if (isDeepStrictEqual(now, message)) return true;
    const isLast = index === from.length - 1 && message.role === "assistant";
    return isLast && now?.id === message.id && now.text.startsWith(message.text);
  });
}
