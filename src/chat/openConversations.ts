// The conversations of a window's workspace: opens their store, and tells the user what it cannot do.

import { l10n, type ExtensionContext, type LogOutputChannel } from "vscode";

import { showProblem } from "../problems.ts";
import { showInformationMessage } from "../surfaces.ts";
import { chatsFolder } from "./chatsFolder.ts";
import { ConversationStore } from "./conversationStore.ts";
import { migrateChats } from "./migrateChats.ts";

export function openConversations(context: ExtensionContext, log: LogOutputChannel): ConversationStore {
  const { globalStorageUri, storageUri, workspaceState: storage } = context;
  const folder = chatsFolder({ workspace: storageUri?.fsPath, global: globalStorageUri.fsPath }, storage);
  migrateChats(storage, folder, log);
  const onFailure = ({ message }: Error) => {
    void showProblem({
      message: l10n.t(
        "Chats are not kept: {0}. They are lost when this window closes, unless that works again.",
        message,
      ),
    });
  };
  return new ConversationStore({ folder, storage, log, onFailure });
}

/** Tells that another window has gone on with the open chat. */
export function announceCopy(): void {
  void showInformationMessage(
    l10n.t("This chat was changed in another window, too. Both are kept: here it goes on as a chat of its own."),
  );
}
