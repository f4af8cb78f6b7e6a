// The list of earlier conversations, to open one or delete some.

import { env, l10n } from "vscode";

import { plainText } from "../shared/plainText.ts";
import type { Conversation } from "../shared/protocol.ts";
import { showList, type ListItem } from "../surfaces.ts";
import type { Chat } from "./chat.ts";
import type { ConversationStore, StoredConversation } from "./conversationStore.ts";

const longestTitle = 80;

interface ConversationItem extends ListItem {
  readonly id: string;
}

/** Resolves to true when one was chosen. */
export async function showPreviousChats(chat: Chat, store: ConversationStore): Promise<boolean> {
  const chosen = await showList({
    title: l10n.t("Previous Chats"),
    placeholder:
      store.conversations.length === 0 ? l10n.t("There are none yet") : l10n.t("Choose a chat to go on with"),
    items: () => store.conversations.map(describe),
    rowButton: { icon: "trash", tooltip: l10n.t("Delete"), run: ({ id }) => chat.delete(id) },
  });
  if (chosen) chat.open(chosen.id);
  return chosen !== undefined;
}

function describe({ conversation, changed }: StoredConversation): ConversationItem {
  const description = new Date(changed).toLocaleString(env.language, { dateStyle: "medium", timeStyle: "short" });
  return { id: conversation.id, label: titleOf(conversation), description };
}

/** The first question, in one line. */
function titleOf({ messages }: Conversation): string {
  const question = messages.find((message) => message.role === "user");
  const label = question?.attachments[0]?.label ?? "";
  if (question?.command === "explain") return l10n.t("Explain {0}", label);
  return plainText(question?.text ?? "", longestTitle) || label;
}
