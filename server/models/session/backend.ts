// Where a role's model runs: on this machine, or on the server that the settings name.

import * as l10n from "@vscode/l10n";

import type { ModelRole } from "../../../src/shared/modelRoles.ts";
import { plainName, plainText } from "../../../src/shared/plainText.ts";
import type { RemoteServer, ServerSettings } from "../../../src/shared/serverSettings.ts";
import { UserError } from "../../userError.ts";

/** What a role's model is loaded by. */
export type SessionSettings = ServerSettings["model"] & {
  /** Where CUDA's binaries were downloaded to. */
  readonly cudaFolder?: string;
  /** Absent where it runs on this machine. */
  readonly backend?: Backend;
};

export interface Backend {
  readonly name: string;
  /** Absent where no server has the name. */
  readonly server?: RemoteServer;
  /** Why the server of the name cannot be used. */
  readonly wrong?: string;
  /** Whether the user trusts the workspace, whose text would leave the machine. */
  readonly isTrusted: boolean;
}

/** @param bundledModel the model of a client that names none */
export function settingsOf(role: ModelRole, settings: ServerSettings, bundledModel: string): SessionSettings {
  const { inlineCompletion, chat, models } = settings;
  const model = { ...settings.model, ...(models?.cudaFolder !== undefined && { cudaFolder: models.cudaFolder }) };
  const own = role === "completion" ? inlineCompletion : chat;
  const path = own.model || model.path || bundledModel;
  const name = own.backend || settings.backend || "local";
  if (name === "local") return { ...model, path };
  const server = settings.servers?.find((each) => each.name === name);
  const wrong = settings.wrongServers?.[name];
  // An editor that knows no trust in workspaces says nothing of it: its settings are the user's word.
  const isTrusted = settings.readWorkspace !== false;
  return {
    ...model,
    path,
    backend: { name, ...(server && { server }), ...(wrong !== undefined && { wrong }), isTrusted },
  };
}

/** What loads a model of this machine for work that nobody waits for: nothing that it does is kept for other loads. */
export function settingsInBackground(settings: SessionSettings): SessionSettings {
  const left = ["backend", "promptCache", "measurements"];
  const kept = Object.entries(settings).filter(([name]) => !left.includes(name));
  // Not shared: where two models are, a third would take the place of one of them.
  return { ...(Object.fromEntries(kept) as typeof settings), shared: false, idleUnloadMinutes: 0 };
}

/** What tells the models of two roles apart. */
export function keyOf({ path, backend }: SessionSettings): string {
  return backend ? keyOfServer(backend.name) : path;
}

export function keyOfServer(name: string): string {
  return `server ${name}`;
}

/** @throws UserError where there is no server, or it may not be used */
export function requireServer({ name, server, wrong, isTrusted }: Backend): RemoteServer {
  if (wrong !== undefined) {
    throw new UserError(
      l10n.t(
        "The server {0} is not set up as it must be: {1}. Correct it in the setting {2}.",
        plainName(name),
        plainText(wrong, 300),
        "falcon.servers",
      ),
      { action: "serversSetting" },
    );
  }
  if (!server) {
    throw new UserError(
      l10n.t(
        "No server has the name “{0}”. Add it to the setting {1}, or correct the setting {2}.",
        plainName(name),
        "falcon.servers",
        "falcon.backend",
      ),
      { action: "serversSetting" },
    );
  }
  if (isTrusted) return server;
  throw new UserError(
    l10n.t(
      "This workspace is not trusted, so that none of its text is sent to the server {0}. Trust the workspace, or set {1} to {2}.",
      plainName(name),
      "falcon.backend",
      "local",
    ),
    { action: "manageTrust" },
  );
}
