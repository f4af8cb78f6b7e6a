// Asks again for the last answer, with another temperature or another model.

import { commands, env, l10n } from "vscode";

import type { Settings } from "../settings.ts";
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
  const before = modelOf(settings);
  await commands.executeCommand("falcon.chooseModel");
  if (modelOf(settings) !== before && lastOf(chat) === asked) chat.retry();
}

/** Which answer is the last, of which chat. */
function lastOf({ conversation: { id, messages } }: Chat): string {
  return `${id} ${messages.at(-1)?.id}`;
}

function modelOf({ server }: Settings): string {
  return server.chat.model ?? server.model.path;
}
