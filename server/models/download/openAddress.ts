// Opens an address as a stream. Redirects are followed by hand, so that the token goes to the hub alone.

import * as l10n from "@vscode/l10n";
import type { Dispatcher } from "undici";

import { answerFailure } from "./answerFailures.ts";
import { connectionFailure } from "./connectionFailures.ts";
import { DownloadError } from "./failures.ts";
import type { Hub } from "./hub.ts";
import type { Network } from "../../network.ts";

/** The network, and the hub for addresses that are its own. */
export interface Access {
  readonly network: Network;
  readonly hub: Hub;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Dispatcher.ResponseData["body"];
  /** What the hub says of the file before it sends on to the store that holds it. */
  readonly linked: { readonly sha256?: string; readonly size?: number };
}

export interface RequestOptions {
  readonly method?: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
}

const mostRedirects = 10;
const accepted = [200, 206, 416];

/**
 * The answer of the last address of a chain of redirects: one of 200, 206 and 416.
 * @throws DownloadError, or the signal's reason
 */
export async function openAddress(
  address: URL,
  { network, hub }: Access,
  { method = "GET", headers = {} }: RequestOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const hubOrigin = new URL(hub.endpoint).origin;
  let linked: Answer["linked"] = {};
  let url = address;
  let token: string | undefined;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const who = url.origin !== hubOrigin ? "none" : token === undefined ? "withoutToken" : "withToken";
    const authorization = who === "none" ? {} : authorizationOf(token);
    const answer = await send(url, network, method, { ...headers, ...authorization }, signal);
    linked = { ...linked, ...linkedOf(answer.headers) };
    if (accepted.includes(answer.status)) return { ...answer, linked };
    // The connection is used again once the body is read, which is not done for one that is long.
    await answer.body.dump();
    const target = redirectTarget(answer, url);
    if (target) {
      url = target;
      // Enough is known of the file.
      if (method === "HEAD" && linked.size !== undefined) return { ...answer, status: 200, linked };
      continue;
    }
    if (who === "withoutToken" && [401, 403].includes(answer.status)) token = await tokenFor(url, hub);
    if (who !== "withoutToken" || token === undefined) throw answerFailure(answer, url, who);
  }
  throw new DownloadError("badAnswer", l10n.t("{0} redirects without end.", address.host));
}

async function send(
  url: URL,
  network: Network,
  method: "GET" | "HEAD",
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Omit<Answer, "linked">> {
  const { request } = await import("undici");
  try {
    const {
      statusCode,
      headers: given,
      body,
    } = await request(url, {
      method,
      // A compressed body has another length and other ranges than the file.
      headers: { "user-agent": "falcon-vscode", "accept-encoding": "identity", ...headers },
      dispatcher: network.dispatcher,
      signal,
    });
    const names = Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]);
    return { status: statusCode, headers: Object.fromEntries(names) as Answer["headers"], body };
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailure(error, url, network.proxyPorts) ?? error;
  }
}

function authorizationOf(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The LFS hash of a file is its SHA-256; a file outside LFS has a hash of Git there, which says nothing of its bytes alone. */
function linkedOf(headers: Answer["headers"]): Answer["linked"] {
  const sha256 = /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(headers["x-linked-etag"] ?? "")?.[1]?.toLowerCase();
  const size = /^\d{1,15}$/.exec(headers["x-linked-size"] ?? "")?.[0];
  return { ...(sha256 !== undefined && { sha256 }), ...(size !== undefined && { size: Number(size) }) };
}

/** Where an answer sends on to; undefined for one that does not. */
function redirectTarget({ status, headers: { location } }: Pick<Answer, "status" | "headers">, from: URL) {
  if (status < 300 || status >= 400 || location === undefined) return undefined;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isSafe = target?.protocol === "https:" || (target?.protocol === "http:" && from.protocol === "http:");
  if (target && isSafe) return target;
  throw new DownloadError("badAnswer", l10n.t("{0} redirects to an address that is not safe.", from.host));
}

/** The hub's token. Anybody on the way could read one that goes over plain HTTP. */
async function tokenFor({ protocol, hostname, host }: URL, hub: Hub): Promise<string | undefined> {
  const token = await hub.token();
  const isSafe = protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  if (token === undefined || isSafe) return token;
  throw new DownloadError(
    "insecureToken",
    l10n.t(
      "The access token is not sent to {0} over http, where others could read it. Use an https address for the hub.",
      host,
    ),
  );
}
