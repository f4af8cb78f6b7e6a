// What each message of the chat page does.

import { Uri, commands, env, l10n } from "vscode";

import { triggerCompletion } from "../completion/inlineCompletion.ts";
import type { ServerClient } from "../server/client.ts";
import { UserError, runAction } from "../problems.ts";
import type { LastEditor } from "../lastEditor.ts";
import type { Settings } from "../settings.ts";
import { statusOf } from "../shared/modelRoles.ts";
import type { PageRequest, ProblemAction, ToWebview } from "../shared/protocol.ts";
import { attachCodeAtCursor, attachFile, attachSelection, showAttachment } from "./attachments.ts";
import type { Chat } from "./chat.ts";
import type { Offers } from "./context/offers.ts";
import { insertCode } from "./insertCode.ts";
import { parseLink } from "./webviewMessages.ts";

export interface PageDependencies {
  readonly chat: Chat;
  readonly offers: Offers;
  readonly post: (message: ToWebview) => void;
  readonly lastEditor: LastEditor;
  readonly server: ServerClient;
  readonly settings: Settings;
}

export async function receivePageMessage(message: PageRequest, dependencies: PageDependencies): Promise<void> {
  const { chat, lastEditor, offers, settings } = dependencies;
  switch (message.type) {
    case "send":
      chat.send(message.text);
      break;
    case "stop":
      chat.stop();
      break;
    case "retry":
      chat.retry();
      break;
    case "command":
      chat.command(message.command, await attachCodeAtCursor(lastEditor.get(), settings));
      break;
    case "completeLine":
      await triggerCompletion(lastEditor.get(), settings);
      break;
    case "copyCode":
      await env.clipboard.writeText(message.code);
      break;
    case "insertCode":
      await insertCode(message.code, lastEditor.get());
      break;
    case "findOffers":
      dependencies.post({ type: "offers", query: message.query, offers: await offers.find(message.query) });
      break;
    case "chooseOffer":
      await offers.choose(message.id);
      break;
    case "attachSelection":
      chat.attach(await attachSelection(lastEditor.get(), settings));
      break;
    case "attachFile":
      chat.attach(await attachFile(lastEditor.get(), settings));
      break;
    case "removeAttachment":
      chat.removeAttachment(message.id);
      break;
    case "openAttachment":
      await openAttachment(message.id, chat);
      break;
    case "openLink":
      await openLink(message.href);
      break;
    case "act":
      await act(message.action, dependencies);
      break;
  }
}

async function openAttachment(id: string, chat: Chat): Promise<void> {
  const attachment = chat.findAttachment(id);
  if (!attachment) throw new UserError(l10n.t("This attachment is no longer in the chat."));
  await showAttachment(attachment);
}

async function openLink(href: string): Promise<void> {
  const url = parseLink(href);
  if (!url) throw new UserError(l10n.t("Only links to web pages and mail addresses are opened."));
  // A Uri does not remember which characters were escaped, so that %23 would be opened as %2523. This command takes the
  // address as it is written, though that of a web page alone.
  if (url.protocol === "mailto:") await env.openExternal(Uri.parse(url.href));
  else await commands.executeCommand("vscode.open", url.href);
}

/** "retry" mends a model that failed to load; of a model that works it asks the answer again. */
async function act(action: ProblemAction, { chat, server }: PageDependencies): Promise<void> {
  if (action === "retry" && statusOf(server.status, "chat").state !== "failed") chat.retry();
  else await runAction(action);
}
