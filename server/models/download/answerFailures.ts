// Why an answer brings no file, in the user's words.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { retryAfterOf } from "../../network.ts";
import { proxyRefusal } from "./connectionFailures.ts";
import { DownloadError } from "./failures.ts";
import type { Answer } from "./openAddress.ts";

/** What an answer's status and headers say. `hub` tells whether the hub gave it, and whether it got the token. */
export function answerFailure(
  { status, headers }: Pick<Answer, "status" | "headers">,
  url: URL,
  hub: "none" | "withToken" | "withoutToken",
): DownloadError {
  const host = plainName(url.host);
  const cause = headers["x-error-code"];
  if (status === 407) return proxyRefusal("HTTP 407");
  if (cause === "GatedRepo") return gatedFailure(hub);
  if (cause === "RepoNotFound" || status === 404 || status === 410) {
    return new DownloadError(
      "notFound",
      l10n.t(
        "{0} has no file {1}. It may have been renamed or deleted, or be visible to some accounts only.",
        host,
        url.pathname,
      ),
    );
  }
  if (status === 401) return accountFailure(host, hub);
  if (status === 403) return refusal(host, hub);
  if (status === 429 || status >= 500) return overload(status, host, retryAfterOf(headers["retry-after"]));
  return new DownloadError("badAnswer", l10n.t("{0} answered HTTP {1} in place of the file.", host, String(status)));
}

function gatedFailure(hub: string): DownloadError {
  const message =
    hub === "withToken"
      ? l10n.t(
          "The account of the access token has no access to this model. Accept the licence on the model's page with that account, or set the token of another.",
        )
      : l10n.t(
          "This model's licence must be accepted on its page first. Accept it there, then set an access token of that account.",
        );
  return new DownloadError("gated", message);
}

function accountFailure(host: string, hub: string): DownloadError {
  if (hub === "withToken") {
    return new DownloadError(
      "tokenRefused",
      l10n.t("{0} refused the access token. It may have expired: set another, then continue.", host),
    );
  }
  return new DownloadError(
    "tokenMissing",
    l10n.t("{0} gives this file to signed-in accounts only. Set an access token, then continue.", host),
  );
}

function refusal(host: string, hub: string): DownloadError {
  if (hub === "withToken") return gatedFailure(hub);
  if (hub === "withoutToken") {
    return new DownloadError("forbidden", l10n.t("{0} refuses the file (HTTP 403). Try again later.", host));
  }
  return new DownloadError(
    "addressExpired",
    l10n.t("{0} refuses the file: its address has expired. Continue, for a fresh one.", host),
  );
}

function overload(status: number, host: string, retryAfter: number | undefined): DownloadError {
  if (status === 429) {
    const when = retryAfter === undefined ? "" : ` (${Math.ceil(retryAfter / 1000)} s)`;
    return new DownloadError(
      "tooManyRequests",
      l10n.t("{0} had too many requests. Continue later{1}; an access token raises the limit.", host, when),
      retryAfter,
    );
  }
  return new DownloadError(
    "serverFault",
    l10n.t("{0} has a fault (HTTP {1}). Continue later: what was received is kept.", host, String(status)),
    retryAfter,
  );
}
