// The access token of the hub, which VS Code keeps as a secret.

import { l10n, type SecretStorage } from "vscode";

import { askText, showInformationMessage } from "../surfaces.ts";

const key = "falcon.hubToken";

export class HubToken {
  readonly #secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** Undefined when the user has set none. */
  get(): Thenable<string | undefined> {
    return this.#secrets.get(key);
  }

  /** Asks for it; an empty one deletes what was set. */
  async set(): Promise<void> {
    const token = await askText(
      l10n.t("Set Access Token"),
      l10n.t("An access token of Hugging Face, for models that are given to some accounts only. Empty deletes it."),
      { secret: true },
    );
    if (token === undefined) return;
    if (token.trim() === "") {
      await this.#secrets.delete(key);
      void showInformationMessage(l10n.t("The access token was deleted."));
    } else {
      await this.#secrets.store(key, token.trim());
      void showInformationMessage(l10n.t("The access token is kept as a secret, and sent to the hub alone."));
    }
  }
}
