// Text of files that may hold secrets: it is kept in no saved context, and leaves this machine only attached to the chat.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../src/shared/plainText.ts";
import type { Model } from "../engine/engine.ts";
import { UserError } from "../userError.ts";
import type { Assistant } from "./assistant.ts";
import type { OpenDocuments } from "./documents.ts";

/**
 * Whether a document may hold secrets.
 * @throws UserError where it does, and the model that is to read it runs on a server
 */
export function isPrivate(
  uri: string,
  { info: { remote } }: Pick<Model, "info">,
  assistant: Pick<Assistant, "isExcluded">,
  documents: Pick<OpenDocuments, "urisOf">,
): boolean {
  const isExcluded = documents.urisOf(uri).some((each) => assistant.isExcluded(each));
  if (isExcluded && remote) {
    throw new UserError(
      l10n.t(
        "This file may hold secrets: the setting {0} names it. None of its text is sent to the server {1}. Set {2} to {3} to have it read by a model of this machine.",
        "falcon.excludedFiles",
        plainName(remote.name),
        "falcon.chat.backend",
        "local",
      ),
      { action: "serversSetting" },
    );
  }
  return isExcluded;
}
