// What a model is chosen for. Both roles may have the same model: then there is one process, and one status.

import type { ModelStatus, ServerStatus } from "./protocol.ts";

/** `completion` writes ghost text, `chat` answers. */
export type ModelRole = "completion" | "chat";

export const modelRoles: readonly ModelRole[] = ["completion", "chat"];

/** How the model of a role stands. */
export function statusOf(status: ServerStatus, role: ModelRole): ModelStatus {
  const { chat, ...completion } = status;
  return role === "chat" && chat ? chat : completion;
}
