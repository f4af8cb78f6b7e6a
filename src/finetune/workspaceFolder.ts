// Where what is fine-tuned on a workspace is kept: in a folder of its own for each, whatever others are called.

import { createHash } from "node:crypto";
import { basename, join } from "node:path";

/** @param folders URIs of the workspace's folders, where there are any; the first gives the name */
export function workspaceFolder(root: string, folders: readonly string[]): string {
  // A drive of Windows is `c:`, which no folder can be called.
  const name = basename(decodeURIComponent(new URL(folders[0] ?? "file:///").pathname)).replaceAll(":", "");
  const hash = createHash("sha256").update(folders.join("\n")).digest("hex").slice(0, 12);
  return join(root, `${name}-${hash}`);
}
