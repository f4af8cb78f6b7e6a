// Addresses of a hub's files, and the access token: what of Hugging Face's hub, or of a mirror of it, is known here.

import process from "node:process";
import * as l10n from "@vscode/l10n";

import type { ModelsSettings } from "../../../src/shared/downloads.ts";
import { UserError } from "../../userError.ts";
import { withoutCredentials } from "../../network.ts";

export interface Hub {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Asked for only when the hub gives a file to accounts alone. */
  readonly token: () => Promise<string | undefined>;
}

/** The hub of the client's setting, of the environment, or Hugging Face's. */
export function openHub({ hub }: ModelsSettings, askToken: () => Promise<string | undefined>): Hub {
  const endpoint = (hub ?? process.env["HF_ENDPOINT"] ?? "https://huggingface.co").trim().replace(/\/+$/, "");
  const shown = withoutCredentials(endpoint);
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw new UserError(
      l10n.t("{0} is not the address of a hub. Write it as https://huggingface.co is written.", shown),
      { action: "hubSetting" },
    );
  }
  // The address is kept beside what was received of a file, in a folder that others may read.
  const { username, password } = new URL(endpoint);
  if (username || password) {
    throw new UserError(
      l10n.t(
        "The address of the hub {0} may not hold a user name or password. Leave them out, and set an access token where the hub wants one.",
        shown,
      ),
      { action: "hubSetting" },
    );
  }
  return { endpoint, token: async () => (await askToken()) ?? process.env["HF_TOKEN"] };
}

/**
 * Of the branch `main` alone: the place of a file in the models folder does not tell revisions apart.
 * @throws UserError for a name that is none
 */
export function fileAddress({ endpoint }: Hub, repository: string, file: string): URL {
  checkRepository(repository);
  checkFile(file);
  const path = file.split("/").map(encodeURIComponent).join("/");
  return new URL(`${endpoint}/${repository}/resolve/main/${path}`);
}

/** Where the hub lists the files of a repository. @throws UserError for a name that is none */
export function treeAddress({ endpoint }: Hub, repository: string): URL {
  checkRepository(repository);
  return new URL(`${endpoint}/api/models/${repository}/tree/main`);
}

/** As the hub names them: OWNER/NAME. */
function checkRepository(repository: string): void {
  if (/^(?!\.)[\w.-]{1,96}\/(?!\.)[\w.-]{1,96}$/.test(repository)) return;
  throw new UserError(l10n.t("“{0}” does not name a repository of a hub. Write it as OWNER/NAME.", repository));
}

/** A path below a repository, which becomes one below the models folder: nothing that leads out of it. */
function checkFile(file: string): void {
  const isSafe = file.split("/").every((part) => /^(?![. ])[^\\:*?"<>|\p{Cc}]{1,200}$/u.test(part));
  if (!isSafe) throw new UserError(l10n.t("“{0}” cannot be the name of a file in a repository.", file));
}
