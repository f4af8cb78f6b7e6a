// How long saved contexts stay on the disk: not at all where the user does not want them, else as long as they are used.

import * as l10n from "@vscode/l10n";

import type { ServerSettings } from "../../../src/shared/serverSettings.ts";
import { deleteCacheFiles, deleteExpiredFiles } from "../../engine/promptCacheFolder.ts";
import { UserError } from "../../userError.ts";

type CacheSettings = ServerSettings["model"]["promptCache"];

/** How often expired files are looked for, in milliseconds. */
const interval = 60 * 60_000;

/** Deletes the saved contexts of a user who wants none; the signal ends the deletion. Never rejects. */
export async function deleteUnwanted(
  promptCache: CacheSettings,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!promptCache || promptCache.keep) return;
  try {
    await deleteCacheFiles(promptCache.folder, signal);
  } catch (error) {
    log(`the saved contexts were not deleted: ${String(error)}`);
  }
}

/**
 * Deletes what was saved, because the user asked for it.
 * @throws UserError
 */
export async function deleteSavedContexts(promptCache: CacheSettings): Promise<void> {
  if (!promptCache) return;
  const { folder } = promptCache;
  try {
    await deleteCacheFiles(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("The saved contexts in {0} could not be deleted: {1}.", folder, reason));
  }
}

/** Deletes the files that expired, whichever model they are of: now, and every hour until the returned function is called. */
export function expireSavedContexts(promptCache: () => CacheSettings, log: (line: string) => void): () => void {
  const expire = async () => {
    const settings = promptCache();
    try {
      if (settings) await deleteExpiredFiles(settings.folder);
    } catch (error) {
      log(`old saved contexts were not deleted: ${String(error)}`);
    }
  };
  void expire();
  const timer = setInterval(() => void expire(), interval).unref();
  return () => clearInterval(timer);
}
