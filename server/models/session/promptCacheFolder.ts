// Contexts on disk, where the user does not want them.

import fs from "node:fs/promises";

import type { ServerSettings } from "../../../src/shared/protocol.ts";

/** Deletes what was saved when it is not to be kept. Never rejects. */
export async function deleteUnwanted(
  settings: ServerSettings["model"] | undefined,
  log: (line: string) => void,
): Promise<void> {
  const saved = settings?.promptCache;
  if (!saved || saved.keep) return;
  try {
    await fs.rm(saved.folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    log(`the saved contexts were not deleted: ${String(error)}`);
  }
}
