// The list of earlier conversations, to open one or delete some.

import { env, l10n } from "vscode";

import { UserError } from "../problems.ts";
import { plainText } from "../shared/plainText.ts";
import type { Conversation } from "../shared/protocol.ts";
import { showList, type ListItem } from "../surfaces.ts";
import type { Chat } from "./chat.ts";
import type { StoredConversation } from "./chatFile.ts";
import type { ConversationStore } from "./conversationStore.ts";

const longestTitle = 80;

interface ConversationItem extends ListItem<ConversationItem> {
  readonly id: string;
}

/** Resolves to true when one was opened. */
export async function showPreviousChats(chat: Chat, store: ConversationStore): Promise<boolean> {
  let chats = await store.list();
  const remove = async (id: string) => {
    try {
      chat.delete(id);
    } catch (error) {
      throw deletionError(error);
    }
    chats = await store.list();
  };
  const chosen = await showList({
    title: l10n.t("Previous Chats"),
    placeholder: chats.length === 0 ? l10n.t("There are none yet") : l10n.t("Choose a chat to go on with"),
    items: () =>
      chats.map((each) => {
        const item = describe(each);
        return { ...item, buttons: [{ icon: "trash", tooltip: l10n.t("Delete"), run: () => remove(item.id) }] };
      }),
  });
  if (chosen && !chat.open(chosen.id))
    throw new UserError(l10n.t("This chat is no longer there, or its file cannot be read."));
  return chosen !== undefined;
}

function deletionError(error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(l10n.t("The chat could not be deleted: {0}", reason));
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
  if (question?.command === "document") return l10n.t("Document {0}", label);
  return plainText(question?.text ?? "", longestTitle) || label;
}
