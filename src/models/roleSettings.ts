// What the settings of models become when a role gets another one: as few of them as tell it.

import { type ModelRole, modelRoles } from "../shared/modelRoles.ts";

/** Paths of model files; empty: none of its own, and of `both` the demonstration model. */
export interface RoleSettings extends Readonly<Record<ModelRole, string>> {
  readonly both: string;
}

/** `path`: empty for the demonstration model. */
export function giveModel(settings: RoleSettings, roles: readonly ModelRole[], path: string): RoleSettings {
  const [completion, chat] = modelRoles.map((role) =>
    roles.includes(role) ? path : settings[role] || settings.both,
  ) as [string, string];
  if (completion === chat) return { both: completion, completion: "", chat: "" };
  const both = [completion, chat].includes("") ? "" : settings.both === chat ? chat : completion;
  const own = (path: string) => (path === both ? "" : path);
  return { both, completion: own(completion), chat: own(chat) };
}

/** What is left when a model file is gone. */
export function withoutModel({ both, completion, chat }: RoleSettings, path: string): RoleSettings {
  const kept = (each: string) => (each === path ? "" : each);
  return { both: kept(both), completion: kept(completion), chat: kept(chat) };
}

/** The model file of a role; empty for the demonstration model. */
export function modelOf(settings: RoleSettings, role: ModelRole): string {
  return settings[role] || settings.both;
}
