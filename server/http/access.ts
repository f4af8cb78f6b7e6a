// Who may ask: programs of this machine that know the token. A page of the web, which a browser lets reach the loopback, does not get in.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

import { ApiError } from "./apiError.ts";

/** Characters that a token has at the least, so that nobody guesses it. */
export const shortestToken = 16;

/**
 * Refuses a request that a page of another origin has sent, or one of a name that merely leads here (DNS rebinding).
 * @throws ApiError
 */
export function checkOrigin({ host, origin }: Pick<IncomingHttpHeaders, "host" | "origin">): void {
  const name = host === undefined ? undefined : hostName(host);
  // An address is no name that somebody else could let lead here.
  if (name === undefined || (name !== "localhost" && isIP(name) === 0)) {
    throw new ApiError(403, "The Host header must be localhost or an IP address.", { code: "host_not_allowed" });
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new ApiError(403, "Pages of other origins may not use this server.", { code: "origin_not_allowed" });
  }
}

/** @throws ApiError unless the request brings the token */
export function checkToken(headers: IncomingHttpHeaders, token: string): void {
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1] ?? headers["x-api-key"];
  if (typeof given === "string" && isEqual(given, token)) return;
  throw new ApiError(401, "The token is missing or wrong. Send it as: Authorization: Bearer TOKEN", {
    type: "authentication_error",
    code: "invalid_api_key",
  });
}

/** Takes the same time wherever the two differ. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function hostName(host: string): string | undefined {
  const [, address, name] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (address ?? name)?.toLowerCase();
}
