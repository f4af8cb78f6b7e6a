// Why no connection comes about, or ends, in the user's words.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { DownloadError } from "./failures.ts";

/** A failure of the connection; undefined for an error that is none. */
export function connectionFailure(error: unknown, url: URL, proxyPorts: readonly string[]): DownloadError | undefined {
  if (!(error instanceof Error)) return undefined;
  const refusal = /^Proxy response \((\d+)\)/.exec(error.message)?.[1];
  if (refusal !== undefined) return proxyRefusal(`HTTP ${refusal}`);
  // Of a name with several addresses, each of which failed.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const { code = "", port, hostname } = first as { code?: string; port?: number; hostname?: string };
  const isOfProxy = port !== undefined && proxyPorts.includes(String(port)) && portOf(url) !== String(port);
  if (isOfProxy) return proxyRefusal(code);
  return failureOf(code, plainName(hostname ?? url.host));
}

export function proxyRefusal(reason: string): DownloadError {
  return new DownloadError(
    "proxyRefused",
    l10n.t(
      "The proxy refused the connection ({0}). Check the setting {1}, with its user name and password.",
      reason,
      "http.proxy",
    ),
  );
}

function failureOf(code: string, host: string): DownloadError | undefined {
  if (["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL"].includes(code)) {
    return new DownloadError("offline", l10n.t("There is no network. Connect this computer, then continue."));
  }
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) {
    return new DownloadError(
      "nameNotResolved",
      l10n.t("The name {0} is not found. Check the network, and whether the address is right; then continue.", host),
    );
  }
  if (code === "ECONNREFUSED") {
    return new DownloadError(
      "connectionRefused",
      l10n.t("{0} refuses connections. Check the address, or try again later.", host),
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return new DownloadError(
      "certificate",
      l10n.t(
        "The certificate of {0} is not trusted ({1}). If a proxy inspects connections, name its certificate in NODE_EXTRA_CA_CERTS or install it in the system.",
        host,
        code,
      ),
    );
  }
  if (/^(UND_ERR_|ECONN|EPIPE|ETIMEDOUT|HPE_|ERR_SSL_|EPROTO)/.test(code)) {
    return new DownloadError(
      "connectionLost",
      l10n.t("The connection to {0} was lost. Continue later: what was received is kept.", host),
    );
  }
  return undefined;
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === "https:" ? "443" : "80");
}
