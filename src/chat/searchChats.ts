// Finds words in chats that were kept.

import type { Conversation } from "../shared/chat.ts";
import type { StoredConversation } from "./chatFile.ts";

/** Characters before and after what was found. */
const around = 40;

/** Fewer letters are in every chat. */
const fewestLetters = 2;

/** The chats that have the words in a question or an answer, with the first place where they do. Case does not count. */
export function searchChats(
  chats: readonly StoredConversation[],
  words: string,
): { readonly chat: StoredConversation; readonly place: string }[] {
  const wanted = words.trim().toLowerCase();
  if (wanted.length < fewestLetters) return [];
  return chats.flatMap((chat) => {
    const place = findPlace(chat.conversation, wanted);
    return place === undefined ? [] : [{ chat, place }];
  });
}

function findPlace({ messages }: Conversation, wanted: string): string | undefined {
  for (const { text } of messages) {
    const at = text.toLowerCase().indexOf(wanted);
    if (at < 0) continue;
    const start = Math.max(0, at - around);
    return `${start > 0 ? "…" : ""}${text.slice(start, at + wanted.length + around)}`;
  }
  return undefined;
}
