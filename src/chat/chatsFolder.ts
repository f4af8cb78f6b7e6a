// Where the chats of a workspace lie: in one folder for all of its windows.

import path from "node:path";

import * as v from "valibot";

/** The part of `vscode.Memento` that is needed. */
export interface Storage {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

export interface StorageFolders {
  /** The extension's folder in the workspace's storage; undefined in a window without a folder. */
  readonly workspace: string | undefined;
  readonly global: string;
}

const storageKey = "falcon.chatsOf";
const workspaceId = v.pipe(v.string(), v.regex(/^[\w-]+$/));

export function chatsFolder({ workspace, global }: StorageFolders, storage: Storage): string {
  if (workspace === undefined) return path.join(global, "chats");
  const home = path.dirname(workspace);
  // To each further window on a workspace VS Code gives a storage of its own, with `-1`, `-2` … behind the name.
  const own = path.basename(home).replace(/(?<=.)-\d$/, "");
  // A folder to which others are added is a new workspace for VS Code. It keeps this value, and so its chats.
  const remembered = v.safeParse(workspaceId, storage.get(storageKey));
  if (!remembered.success) void storage.update(storageKey, own);
  const id = remembered.success ? remembered.output : own;
  return path.join(path.dirname(home), id, path.basename(workspace), "chats");
}
