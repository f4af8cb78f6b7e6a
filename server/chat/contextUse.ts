// How full the model's context would be with a question that is being written.

import type { ContextUse, ContextUseParams } from "../../src/shared/chatContext.ts";
import type { ChatTurn } from "../../src/shared/chat.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { Model } from "../engine/engine.ts";
import { formatOf } from "./formats.ts";
import { roomForPrompt } from "./fitTurns.ts";
import type { TurnCounts } from "./turnCounts.ts";
import { attachmentText, turnsOf } from "./turns.ts";

interface UseOptions {
  readonly model: Model;
  readonly settings: ServerSettings["chat"];
  readonly counts: TurnCounts;
}

/** Counts from the newest message on, until there is no more room, since what is older would be left out, or the signal fires. */
export async function measureContext(
  { messages }: ContextUseParams,
  { model, settings, counts }: UseOptions,
  signal: AbortSignal,
): Promise<ContextUse> {
  const { info } = model;
  const format = formatOf(info);
  const room = roomForPrompt(info, settings);
  // More than this is too much, however much it is.
  const limit = 16 * room;
  const count = (role: ChatTurn["role"], text: string) => counts.count({ role, text }, format, model, limit);
  const question = messages.at(-1);
  // Each by itself, so that a key in the question counts nothing again but the words.
  const attached = question && "attachments" in question ? question.attachments : [];
  const attachments: number[] = [];
  for (const attachment of attached) attachments.push(await count("user", attachmentText(attachment)));
  let total = attachments.reduce((sum, tokens) => sum + tokens, 0);
  const words = question && "attachments" in question ? { ...question, attachments: [] } : question;
  for (const turn of turnsOf(words ? [words] : [])) if (turn.text !== "") total += await count(turn.role, turn.text);
  const questionTokens = total;
  // A demonstration model is asked single questions.
  const earlier = info.demonstration ? [] : turnsOf(messages.slice(0, -1)).slice(1).reverse();
  for (const { role, text } of earlier) {
    if (total > room || signal.aborted) break;
    total += await count(role, text);
  }
  return { question: questionTokens, total, room, attachments };
}
