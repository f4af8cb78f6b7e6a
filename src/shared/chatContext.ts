// What the chat's composer offers after `@` and `/`, how what it gathers is told apart, and how full the model's context is.

import type { ChatParams } from "./chat.ts";

/** A row of the composer's list. The host knows what it stands for. */
export interface Offer {
  readonly id: string;
  /** A codicon's name. */
  readonly icon: string;
  readonly label: string;
  readonly description?: string;
  /** What stands in the composer once it is chosen, such as `@file `, where the list goes on from there. */
  readonly continues?: string;
}

/** The scheme of what is no document but was gathered, so that it is shown as it was attached. */
export const gatheredScheme = "falcon-gathered";

/** `source` tells it from all others: what is gathered again takes the place of what was. */
export function gatheredUri(source: string): string {
  return `${gatheredScheme}:/${encodeURIComponent(source)}`;
}

/** What a terminal wrote. Secrets are printed there, so that it counts as an excluded file. */
export const terminalUri = gatheredUri("terminal");

/** Parameters of `falcon/contextUse`. The last message is the one that is being written. */
export type ContextUseParams = Pick<ChatParams, "messages">;

/** What a question would take of the model's context, in tokens. */
export interface ContextUse {
  /** The question with what is attached to it and with what the model is told of itself. */
  readonly question: number;
  /** The same with the conversation before it. */
  readonly total: number;
  /** What there is room for beside an answer. */
  readonly room: number;
  /** Each attachment of the question, in their order. */
  readonly attachments: readonly number[];
}
