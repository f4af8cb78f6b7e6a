// Why no connection to a server elsewhere comes about, or ends, in the user's words.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import type { RemoteServer } from "../../../src/shared/serverSettings.ts";
import { proxyFailure, RemoteError } from "./failures.ts";

/** A failure of the connection; undefined for an error that is none. */
export function connectionFailure(error: unknown, server: RemoteServer, host: string): RemoteError | undefined {
  if (!(error instanceof Error)) return undefined;
  const refusal = /^Proxy response \((\d+)\)/.exec(error.message)?.[1];
  if (refusal !== undefined) return proxyFailure(`HTTP ${refusal}`);
  // Of a name with several addresses, each of which failed.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const { code = "" } = first as { readonly code?: string };
  const name = plainName(server.name);
  const place = plainName(host);
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) {
    return new RemoteError(
      "nameNotFound",
      l10n.t("The name {0} of the server {1} is not found. Correct its address, or check the network.", place, name),
    );
  }
  if (code === "ECONNREFUSED") {
    return new RemoteError(
      "unreachable",
      l10n.t("The server {0} at {1} refuses connections. Start it, or correct its address.", name, place),
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return new RemoteError(
      "network",
      l10n.t(
        "The certificate of the server {0} is not trusted ({1}). Name the certificate that signed it in NODE_EXTRA_CA_CERTS, or install it in the system.",
        name,
        code,
      ),
    );
  }
  if (/^(ERR_SSL_|EPROTO)/.test(code)) {
    return new RemoteError(
      "badSettings",
      l10n.t("The server {0} at {1} does not speak https. Correct its address.", name, place),
    );
  }
  if (/^(HPE_)/.test(code)) {
    return new RemoteError(
      "badSettings",
      l10n.t("The server {0} at {1} does not speak HTTP ({2}). Correct its address.", name, place, code),
    );
  }
  if (/^(UND_ERR_|ECONN|EPIPE|ETIMEDOUT|ENET|EHOST|EADDRNOTAVAIL)/.test(code)) {
    return new RemoteError(
      "unreachable",
      l10n.t("The server {0} at {1} cannot be reached ({2}). Check the network and its address.", name, place, code),
    );
  }
  return undefined;
}
