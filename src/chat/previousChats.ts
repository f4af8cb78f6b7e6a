// The list of earlier conversations, to open one or delete some.

import { ThemeIcon, env, l10n, window, type QuickInputButton, type QuickPickItem } from "vscode";

import type { Conversation } from "../shared/protocol.ts";
import type { Chat } from "./chat.ts";
import type { ConversationStore, StoredConversation } from "./conversationStore.ts";

interface ConversationItem extends QuickPickItem {
  readonly id: string;
}

/** Resolves to true when one was chosen. */
export function showPreviousChats(chat: Chat, store: ConversationStore): Promise<boolean> {
  const picker = window.createQuickPick<ConversationItem>();
  const remove: QuickInputButton = { iconPath: new ThemeIcon("trash"), tooltip: l10n.t("Delete") };
  const fill = () => {
    picker.items = store.conversations.map((stored) => ({ ...describe(stored), buttons: [remove] }));
  };
  picker.title = l10n.t("Previous Chats");
  picker.placeholder =
    store.conversations.length === 0 ? l10n.t("There are none yet") : l10n.t("Choose a chat to go on with");
  picker.matchOnDetail = true;
  fill();
  picker.show();
  return new Promise((resolve) => {
    picker.onDidTriggerItemButton(({ item }) => {
      chat.delete(item.id);
      fill();
    });
    picker.onDidAccept(() => {
      const [item] = picker.selectedItems;
      if (item) chat.open(item.id);
      resolve(item !== undefined);
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(false);
      picker.dispose();
    });
  });
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
  const text = question?.text.trim().replace(/\s+/g, " ") ?? "";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text || label;
}
