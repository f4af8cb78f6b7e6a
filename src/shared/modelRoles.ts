// What a model is chosen for. Both roles may have the same model: then there is one process, and one status.

import type { Purpose } from "./models.ts";
import type { ModelStatus, ServerStatus } from "./status.ts";

/** `completion` writes ghost text, `chat` answers. */
export type ModelRole = "completion" | "chat";

export const modelRoles: readonly ModelRole[] = ["completion", "chat"];

/** Which models are loaded again: a role's, or that of the server of a name. Without either, those that failed, or all. */
export interface ReloadParams {
  readonly role?: ModelRole;
  readonly server?: string;
}

/** How the model of a role stands. */
export function statusOf(status: ServerStatus, role: ModelRole): ModelStatus {
  const { chat, ...completion } = status;
  return role === "chat" && chat ? chat : completion;
}

/** The roles that a model is chosen for when it is recommended for something: writing is done in the chat. */
export function rolesOf(purposes: readonly Purpose[]): readonly ModelRole[] {
  const completes = purposes.includes("complete");
  const chats = purposes.some((purpose) => purpose !== "complete");
  return [...(completes ? (["completion"] as const) : []), ...(chats ? (["chat"] as const) : [])];
}
