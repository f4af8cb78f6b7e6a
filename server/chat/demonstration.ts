// What a demonstration model is asked in the chat: only what it was trained to say of a function. It would invent the rest.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../src/shared/plainText.ts";
import type { Attachment, ChatTurn, Message } from "../../src/shared/chat.ts";
import type { ModelInfo, Problem } from "../../src/shared/status.ts";
import { holdsFunction } from "./functionHead.ts";

/** Identifiers of the languages whose functions it knows, those of training/functions.py, and how they write a function. */
const languages: Readonly<Record<string, "python" | "script">> = {
  python: "python",
  javascript: "script",
  javascriptreact: "script",
  typescript: "script",
  typescriptreact: "script",
};

/** Whether a demonstration model can answer: a command was given for functions in languages of which it knows some. */
export function canDemonstrate(message: Message | ChatTurn | undefined): boolean {
  if (!message || !("command" in message)) return false;
  const { attachments } = message;
  return attachments.length > 0 && attachments.every(isFunction);
}

function isFunction({ languageId, text }: Attachment): boolean {
  const language = Object.hasOwn(languages, languageId) ? languages[languageId] : undefined;
  return language !== undefined && holdsFunction(text, language);
}

/** What the user is told in the place of an answer. */
export function needsRealModel({ name }: Pick<ModelInfo, "name">): Problem {
  return {
    message: l10n.t(
      "{0} is a demonstration model: it completes lines, and explains or documents a function in Python, JavaScript or TypeScript that you select. For everything else choose a real Falcon, then try again.",
      plainName(name),
    ),
    action: "selectModel",
  };
}
