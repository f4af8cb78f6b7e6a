// The list of earlier conversations, to open one or delete some.

import { env, l10n, window, workspace } from "vscode";

import { UserError } from "../problems.ts";
import { plainText } from "../shared/plainText.ts";
import type { Conversation } from "../shared/chat.ts";
import { askText, showList, type ListItem } from "../surfaces.ts";
import type { Chat } from "./chat.ts";
import type { StoredConversation } from "./chatFile.ts";
import type { ConversationStore } from "./conversationStore.ts";
import { chatMarkdown } from "./exportChat.ts";
import { searchChats } from "./searchChats.ts";

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
  const rename = async (conversation: Conversation) => {
    await renameChat(chat, conversation);
    chats = await store.list();
  };
  const chosen = await showList({
    title: l10n.t("Previous Chats"),
    placeholder:
      chats.length === 0 ? l10n.t("There are none yet") : l10n.t("Choose a chat to go on with, or search for words"),
    isSearch: true,
    items: (written) => {
      const places = new Map(searchChats(chats, written).map(({ chat, place }) => [chat, place]));
      return chats.map((each) => {
        const { conversation } = each;
        const { id } = conversation;
        const place = places.get(each);
        return {
          ...describe(each),
          ...(place !== undefined && { detail: place, isFound: true }),
          buttons: [
            { icon: "edit", tooltip: l10n.t("Rename"), run: () => rename(conversation) },
            { icon: "export", tooltip: l10n.t("Export as Markdown"), run: () => exportChat(conversation) },
            { icon: "trash", tooltip: l10n.t("Delete"), run: () => remove(id) },
          ],
        };
      });
    },
  });
  if (chosen && !chat.open(chosen.id)) throw goneError();
  return chosen !== undefined;
}

/** Asks for a title; an empty one gives the chat that of its first question again. */
export async function renameChat(chat: Chat, conversation: Conversation): Promise<void> {
  const title = await askText(l10n.t("Rename Chat"), l10n.t("The chat's title"), { value: titleOf(conversation) });
  if (title === undefined) return;
  if (!chat.rename(conversation.id, plainText(title, longestTitle))) throw goneError();
}

/** Opens the chat as a new Markdown document. */
export async function exportChat(conversation: Conversation): Promise<void> {
  if (conversation.messages.length === 0) throw new UserError(l10n.t("There is nothing in this chat yet."));
  const content = chatMarkdown(conversation, titleOf(conversation), {
    you: l10n.t("You"),
    falcon: "Falcon",
    attached: l10n.t("Attached"),
    commands: { explain: l10n.t("Explain this code"), document: l10n.t("Document this function") },
  });
  await window.showTextDocument(await workspace.openTextDocument({ content, language: "markdown" }));
}

function goneError(): UserError {
  return new UserError(l10n.t("This chat is no longer there, or its file cannot be read."));
}

function deletionError(error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(l10n.t("The chat could not be deleted: {0}", reason));
}

function describe({ conversation, changed }: StoredConversation): ConversationItem {
  const description = new Date(changed).toLocaleString(env.language, { dateStyle: "medium", timeStyle: "short" });
  return { id: conversation.id, label: titleOf(conversation), description };
}

/** The user's title, else the first question, in one line. */
function titleOf({ title, messages }: Conversation): string {
  if (title) return plainText(title, longestTitle);
  const question = messages.find((message) => message.role === "user");
  const label = question?.attachments[0]?.label ?? "";
  if (question?.command === "explain") return l10n.t("Explain {0}", label);
  if (question?.command === "document") return l10n.t("Document {0}", label);
  return plainText(question?.text ?? "", longestTitle) || label;
}
