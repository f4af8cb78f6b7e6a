// The way to the network: proxy and certificates, as the user's settings and environment have them.

import fs from "node:fs";
import process from "node:process";
import tls from "node:tls";
import * as l10n from "@vscode/l10n";
// undici: Node's own HTTP client as a package, for the proxies that the one inside Node does not offer (MIT). It is
// imported when something is fetched, since nothing is at the start.
import type { Dispatcher } from "undici";

import type { NetworkSettings } from "../src/shared/downloads.ts";
import { plainName } from "../src/shared/plainText.ts";
import { UserError } from "./userError.ts";

export interface Network {
  readonly dispatcher: Dispatcher;
  /** Ports of the proxies in use, by which a failed connection is told to be one to a proxy. */
  readonly proxyPorts: readonly string[];
  readonly close: () => Promise<void>;
}

/** Milliseconds without a byte after which a connection counts as lost. */
const patience = 60_000;

/** The client's settings come before the environment's variables. */
export async function openNetwork(settings: NetworkSettings = {}): Promise<Network> {
  const { EnvHttpProxyAgent } = await import("undici");
  const { env } = process;
  const httpProxy = proxyAddress(settings.proxy ?? env["http_proxy"] ?? env["HTTP_PROXY"]);
  const httpsProxy = proxyAddress(settings.proxy ?? env["https_proxy"] ?? env["HTTPS_PROXY"]) ?? httpProxy;
  const noProxy = [...(settings.noProxy ?? []), env["no_proxy"] ?? env["NO_PROXY"]].filter(Boolean).join(",");
  const secure = { ca: trustedCertificates(settings), rejectUnauthorized: settings.strictSsl !== false };
  const dispatcher = new EnvHttpProxyAgent({
    // Left out, it is taken from the environment.
    httpProxy: httpProxy ?? "",
    httpsProxy: httpsProxy ?? "",
    noProxy,
    ...(settings.proxyAuthorization !== undefined && { token: settings.proxyAuthorization }),
    connect: { ...secure, timeout: patience },
    requestTls: secure,
    proxyTls: secure,
    headersTimeout: patience,
    bodyTimeout: patience,
  });
  return {
    dispatcher,
    proxyPorts: [httpProxy, httpsProxy].flatMap((proxy) => (proxy ? [portOf(proxy)] : [])),
    close: () => dispatcher.destroy(),
  };
}

/** As people write it: also without http:// before it. */
function proxyAddress(proxy: string | undefined): string | undefined {
  if (!proxy) return undefined;
  const address = proxy.includes("://") ? proxy : `http://${proxy}`;
  if (URL.canParse(address) && /^https?:/.test(address)) return address;
  throw new UserError(
    l10n.t(
      "The proxy {0} cannot be used: its address must begin with http:// or https://.",
      plainName(withoutCredentials(proxy)),
    ),
    { action: "proxySettings" },
  );
}

/** An address as it may be shown: a message is read by others, and is copied into reports. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([^/]*\/\/)?.*@/s, "$1");
}

/** Node's own, the system's unless the client says no, and those of NODE_EXTRA_CA_CERTS, which not every editor's Node reads. */
function trustedCertificates({ systemCertificates = true }: NetworkSettings): string[] {
  const extra = process.env["NODE_EXTRA_CA_CERTS"];
  return [
    ...tls.getCACertificates("default"),
    ...(systemCertificates ? tls.getCACertificates("system") : []),
    ...(extra !== undefined && fs.existsSync(extra) ? [fs.readFileSync(extra, "utf8")] : []),
  ];
}

function portOf(proxy: string): string {
  const { port, protocol } = new URL(proxy);
  return port || (protocol === "https:" ? "443" : "80");
}

/** Milliseconds of a Retry-After header, which holds seconds or a date. */
export function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(date - Date.now(), 0);
}
