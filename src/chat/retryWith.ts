// Asks again for the last answer, with another temperature or another model.

import { commands, env, l10n } from "vscode";

import type { Settings } from "../settings.ts";
import type { Message } from "../shared/chat.ts";
import { showList, type ListItem } from "../surfaces.ts";
import type { Chat } from "./chat.ts";

/** From the likeliest words to rather free ones. */
const temperatures = [0, 0.4, 0.8, 1.2];

interface Way extends ListItem<Way> {
  readonly temperature?: number;
}

export async function retryWith(chat: Chat, settings: Settings): Promise<void> {
  const asked = lastOf(chat);
  const number = (temperature: number) => temperature.toLocaleString(env.language);
  const way = await showList<Way>({
    title: l10n.t("Try Again With"),
    placeholder: l10n.t("How freely is the model to choose its words?"),
    items: () => [
      ...temperatures.map((temperature) => ({
        icon: "thermometer",
        label: l10n.t("Temperature {0}", number(temperature)),
        ...(temperature === 0 && { description: l10n.t("always the likeliest words") }),
        temperature,
      })),
      { icon: "chip", label: l10n.t("Another model…") },
    ],
  });
  // The user may have gone on meanwhile, or to another chat.
  if (!way || lastOf(chat) !== asked) return;
  if (way.temperature !== undefined) {
    chat.retry(way.temperature);
    return;
  }
  await retryWithModel(chat, settings);
}

/** Has the user choose a model, and asks again for the last answer once the chat has it: a download may fail first, and go on later. */
export async function retryWithModel(chat: Chat, settings: Settings): Promise<void> {
  const asked = lastOf(chat);
  const before = modelOf(settings);
  const retry = () => {
    if (modelOf(settings) !== before && lastOf(chat) === asked) chat.retry();
  };
  await commands.executeCommand("falcon.chooseModel", retry);
  // Another command may have been chosen there, as that of a file.
  retry();
}

/** As it stands: another one where it is asked for again. */
function lastOf({ conversation }: Chat): Message | undefined {
  return conversation.messages.at(-1);
}

function modelOf({ server }: Settings): string {
  return server.chat.model ?? server.model.path;
}
