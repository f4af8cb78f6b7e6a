// The keys of servers elsewhere, which VS Code keeps as secrets: each by the name of its server.

import { l10n, type SecretStorage } from "vscode";

import { UserError } from "../problems.ts";
import type { Settings } from "../settings.ts";
import { askText, showInformationMessage, showList } from "../surfaces.ts";
import { plainName } from "../shared/plainText.ts";

const keyOf = (name: string) => `falcon.serverKey.${name.trim()}`;

export class ServerKeys {
  readonly #secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** Undefined when the user has set none. */
  get(name: string): Thenable<string | undefined> {
    return this.#secrets.get(keyOf(name));
  }

  /**
   * Asks for the key of a server; an empty one deletes what was set.
   * @returns the server's name where it was changed
   */
  async set({ server: { servers = [] } }: Pick<Settings, "server">): Promise<string | undefined> {
    if (servers.length === 0) {
      throw new UserError(
        l10n.t("There is no server to set a key for. Add one to the setting {0}.", "falcon.servers"),
        {
          action: "serversSetting",
        },
      );
    }
    const items = servers.map(({ name, address }) => ({
      label: plainName(name),
      description: plainName(address),
      name,
    }));
    const list = { title: l10n.t("Set Server Key"), placeholder: l10n.t("Choose a server"), items: () => items };
    const chosen = items.length === 1 ? items[0] : await showList(list);
    if (!chosen) return undefined;
    const key = await askText(
      l10n.t("Set Server Key"),
      l10n.t(
        "The key of the server {0}. It is kept as a secret and sent to that server alone. Empty deletes it.",
        chosen.label,
      ),
      { secret: true },
    );
    if (key === undefined) return undefined;
    if (key.trim() === "") {
      await this.#secrets.delete(keyOf(chosen.name));
      void showInformationMessage(l10n.t("The key of the server {0} was deleted.", chosen.label));
    } else {
      await this.#secrets.store(keyOf(chosen.name), key.trim());
      void showInformationMessage(l10n.t("The key of the server {0} is kept as a secret.", chosen.label));
    }
    return chosen.name.trim();
  }
}
