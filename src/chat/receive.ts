// What each message of the chat page does.

import { Uri, commands, env, l10n } from "vscode";

import { applyCodeBlock } from "../edit/applyCode.ts";
import type { EditDependencies } from "../edit/editSelection.ts";
import { triggerCompletion } from "../completion/inlineCompletion.ts";
import type { ServerClient } from "../server/client.ts";
import { UserError, runAction } from "../problems.ts";
import type { LastEditor } from "../lastEditor.ts";
import type { Settings } from "../settings.ts";
import { plainName } from "../shared/plainText.ts";
import { statusOf } from "../shared/modelRoles.ts";
import type { PageRequest, ToWebview } from "../shared/chat.ts";
import type { ProblemAction } from "../shared/status.ts";
import { attachCodeAtCursor, attachSelection, showAttachment } from "./attachments.ts";
import type { Chat } from "./chat.ts";
import { openNewFile, runInTerminal } from "./codeActions.ts";
import type { Places } from "./context/places.ts";
import type { Offers } from "./context/offers.ts";
import { insertCode } from "./insertCode.ts";
import { retryWith, retryWithModel } from "./retryWith.ts";
import { parseLink } from "./webviewMessages.ts";

export interface PageDependencies extends EditDependencies {
  readonly chat: Chat;
  readonly offers: Offers;
  readonly places: Places;
  readonly post: (message: ToWebview) => void;
  readonly lastEditor: LastEditor;
  readonly server: ServerClient;
  readonly settings: Settings;
}

/** What is done for each kind of message. */
type Table = {
  readonly [Type in PageRequest["type"]]: (message: Extract<PageRequest, { type: Type }>) => void | Promise<void>;
};

export async function receivePageMessage(message: PageRequest, dependencies: PageDependencies): Promise<void> {
  const handle = tableOf(dependencies)[message.type] as (message: PageRequest) => void | Promise<void>;
  await handle(message);
}

function tableOf(dependencies: PageDependencies): Table {
  const { chat, lastEditor, offers, post, server, settings } = dependencies;
  return {
    send: ({ text }) => chat.send(text),
    stop: () => chat.stop(),
    retry: () => chat.retry(),
    retryWith: () => retryWith(chat, settings),
    resend: ({ id, text }) => {
      const status = statusOf(server.status, "chat");
      // The answer that is there would make way for one that fails.
      if (status.state === "failed") throw new UserError(status.problem.message);
      chat.resend(id, text);
    },
    branch: ({ id }) => chat.branch(id),
    command: async ({ command }) => chat.command(command, await attachCodeAtCursor(lastEditor.get(), settings)),
    completeLine: () => triggerCompletion(lastEditor.get(), settings),
    copyCode: async ({ code }) => env.clipboard.writeText(code),
    insertCode: ({ code }) => insertCode(code, lastEditor.get()),
    applyCode: ({ code }) => applyCodeBlock(code, chat.sentAttachments, dependencies),
    newFile: ({ code, language }) => openNewFile(code, language),
    runCode: ({ code }) => runInTerminal(code),
    openPlace: ({ name }) => openPlace(name, dependencies),
    findOffers: async ({ query }) => post({ type: "offers", query, offers: await offers.find(query) }),
    chooseOffer: ({ id }) => offers.choose(id),
    attachSelection: async () => chat.attach(await attachSelection(lastEditor.get(), settings)),
    attachFile: async () => chat.attach(await offers.attachFile(lastEditor.get().document)),
    removeAttachment: ({ id }) => chat.removeAttachment(id),
    openAttachment: ({ id }) => openAttachment(id, chat),
    openLink: ({ href }) => openLink(href),
    act: ({ action }) => act(action, dependencies),
  };
}

async function openAttachment(id: string, chat: Chat): Promise<void> {
  const attachment = chat.findAttachment(id);
  if (!attachment) throw new UserError(l10n.t("This attachment is no longer in the chat."));
  await showAttachment(attachment);
}

async function openPlace(name: string, { places }: PageDependencies): Promise<void> {
  if (!(await places.open(name))) {
    throw new UserError(l10n.t("{0} is not in the workspace any more.", plainName(name)));
  }
}

async function openLink(href: string): Promise<void> {
  const url = parseLink(href);
  if (!url) throw new UserError(l10n.t("Only links to web pages and mail addresses are opened."));
  // A Uri does not remember which characters were escaped, so that %23 would be opened as %2523. This command takes the
  // address as it is written, though that of a web page alone.
  if (url.protocol === "mailto:") await env.openExternal(Uri.parse(url.href));
  else await commands.executeCommand("vscode.open", url.href);
}

/**
 * "retry" mends a model that failed to load; of a model that works it asks the answer again. A model that is chosen for an answer
 * which needs one is asked for it.
 */
async function act(action: ProblemAction, { chat, server, settings }: PageDependencies): Promise<void> {
  const last = chat.conversation.messages.at(-1);
  const needsModel = last?.role === "assistant" && last.problem?.action === "selectModel";
  if (action === "retry" && statusOf(server.status, "chat").state !== "failed") chat.retry();
  else if (action === "selectModel" && needsModel) await retryWithModel(chat, settings);
  else await runAction(action);
}
