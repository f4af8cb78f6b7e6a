// Which models VS Code's chat has in its list. It drops a chosen model that vanishes and takes its own, so none vanishes while it loads.

import { type ModelRole, modelRoles, statusOf } from "../shared/modelRoles.ts";
import type { ServerStatus } from "../shared/status.ts";

export class ListedModels<Model extends { readonly id: ModelRole }> {
  #models: readonly Model[] = [];
  /** What tells a role's model from another one, as it was last known. */
  readonly #identities = new Map<ModelRole, string>();

  /** Whether the list is another one since this status. One that loads is as it was before. */
  isChangedBy(status: ServerStatus): boolean {
    let isChanged = false;
    for (const role of modelRoles) {
      const each = statusOf(status, role);
      if (each.state === "loading") continue;
      const identity = each.state === "ready" ? `${each.model.path} ${each.model.contextSize}` : "";
      isChanged ||= identity !== (this.#identities.get(role) ?? "");
      this.#identities.set(role, identity);
    }
    return isChanged;
  }

  /** The list, where `found` are the models that do not load. */
  list(found: readonly Model[], status: ServerStatus): Model[] {
    // The roles have one model, which is the chat's, unless the chat has its own.
    const roles = status.chat ? modelRoles : (["chat"] as const);
    const loading = this.#models.filter(({ id }) => {
      const isFound = found.some((each) => each.id === id);
      return !isFound && roles.includes(id) && statusOf(status, id).state !== "failed";
    });
    this.#models = [...found, ...loading];
    return [...this.#models];
  }
}
