// What crosses between the host and the server so that VS Code's own chat runs on the loaded models.

import type { ModelRole } from "./modelRoles.ts";

/** A model that is loaded, as a chat of others has to know it. */
export interface ChatModel {
  readonly role: ModelRole;
  readonly name: string;
  /** `general.architecture`. */
  readonly architecture: string;
  readonly contextSize: number;
  /** Tokens that a conversation may have, and tokens that its answer has at most: together the context. */
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  /** Whether its prompt format has tools. */
  readonly toolCalling: boolean;
  readonly demonstration: boolean;
}

export interface CountTokensParams {
  readonly role: ModelRole;
  readonly text: string;
}
