// Why a download fails, in the user's words: each kind with its cause and what mends it.

import * as l10n from "@vscode/l10n";

import type { ProblemAction } from "../../../src/shared/protocol.ts";
import { plainName } from "../../../src/shared/plainText.ts";
import { UserError } from "../../userError.ts";
import type { Answer } from "./openAddress.ts";

/** Each kind of failure: whether waiting may mend it, and the button that does. */
const kinds = {
  offline: { passes: true, action: "continueDownload" },
  nameNotResolved: { passes: true, action: "continueDownload" },
  connectionRefused: { passes: true, action: "continueDownload" },
  connectionLost: { passes: true, action: "continueDownload" },
  certificate: { passes: false, action: "proxySettings" },
  proxyRefused: { passes: false, action: "proxySettings" },
  tokenMissing: { passes: false, action: "setHubToken" },
  tokenRefused: { passes: false, action: "setHubToken" },
  gated: { passes: false, action: "setHubToken" },
  insecureToken: { passes: false, action: "hubSetting" },
  forbidden: { passes: false, action: "continueDownload" },
  addressExpired: { passes: true, action: "continueDownload" },
  notFound: { passes: false, action: undefined },
  tooManyRequests: { passes: true, action: "continueDownload" },
  serverFault: { passes: true, action: "continueDownload" },
  badAnswer: { passes: false, action: "continueDownload" },
  wrongSize: { passes: false, action: "continueDownload" },
  wrongHash: { passes: false, action: "continueDownload" },
  diskFull: { passes: false, action: "continueDownload" },
  notWritable: { passes: false, action: "modelsFolder" },
  folderGone: { passes: false, action: "modelsFolder" },
  fileTooLarge: { passes: false, action: "modelsFolder" },
} as const satisfies Record<string, { passes: boolean; action: ProblemAction | undefined }>;

export type FailureKind = keyof typeof kinds;

export class DownloadError extends UserError {
  readonly kind: FailureKind;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(kind: FailureKind, message: string, retryAfter?: number) {
    const { action } = kinds[kind];
    super(message, action ? { action } : {});
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  /** Whether it may pass by itself, so that it is worth trying again. */
  get passes(): boolean {
    return kinds[this.kind].passes;
  }
}

/** A failure of the connection; undefined for an error that is none. */
export function connectionFailure(error: unknown, url: URL, proxyPorts: readonly string[]): DownloadError | undefined {
  if (!(error instanceof Error)) return undefined;
  const refusedByProxy = /^Proxy response \((\d+)\)/.exec(error.message)?.[1];
  if (refusedByProxy !== undefined) return proxyRefusal(`HTTP ${refusedByProxy}`);
  // Of a name with several addresses, each of which failed.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const { code = "", port, hostname } = first as { code?: string; port?: number; hostname?: string };
  const host = plainName(hostname ?? url.host);
  const isOfProxy = port !== undefined && proxyPorts.includes(String(port)) && portOf(url) !== String(port);
  if (isOfProxy) return proxyRefusal(code);
  switch (code) {
    case "ENETUNREACH":
    case "EHOSTUNREACH":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
      return new DownloadError("offline", l10n.t("There is no network. Connect this computer, then continue."));
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new DownloadError(
        "nameNotResolved",
        l10n.t("The name {0} is not found. Check the network, and whether the address is right; then continue.", host),
      );
    case "ECONNREFUSED":
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

/** What an answer's status and headers say that brings no file. `hub` tells whether it gave it, and whether it got the token. */
export function answerFailure(
  { status, headers }: Pick<Answer, "status" | "headers">,
  url: URL,
  hub: "none" | "withToken" | "withoutToken",
): DownloadError {
  const host = plainName(url.host);
  const cause = headers["x-error-code"] ?? "";
  const sentToken = hub === "withToken";
  if (status === 407) return proxyRefusal("HTTP 407");
  if (cause === "GatedRepo" || (status === 403 && sentToken)) return gatedFailure(sentToken);
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
  if (status === 401) return sentToken ? tokenRefusal(host) : tokenRequest(host);
  if (status === 403 && hub === "none") {
    return new DownloadError(
      "addressExpired",
      l10n.t("{0} refuses the file: its address has expired. Continue, for a fresh one.", host),
    );
  }
  if (status === 403) {
    return new DownloadError("forbidden", l10n.t("{0} refuses the file (HTTP 403). Try again later.", host));
  }
  if (status === 429) {
    const retryAfter = retryAfterOf(headers["retry-after"]);
    const when = retryAfter === undefined ? "" : ` (${Math.ceil(retryAfter / 1000)} s)`;
    const message = l10n.t(
      "{0} had too many requests. Continue later{1}; an access token raises the limit.",
      host,
      when,
    );
    return new DownloadError("tooManyRequests", message, retryAfter);
  }
  if (status >= 500) {
    const retryAfter = retryAfterOf(headers["retry-after"]);
    return new DownloadError(
      "serverFault",
      l10n.t("{0} has a fault (HTTP {1}). Continue later: what was received is kept.", host, String(status)),
      retryAfter,
    );
  }
  return new DownloadError("badAnswer", l10n.t("{0} answered HTTP {1} in place of the file.", host, String(status)));
}

function tokenRequest(host: string): DownloadError {
  return new DownloadError(
    "tokenMissing",
    l10n.t("{0} gives this file to signed-in accounts only. Set an access token, then continue.", host),
  );
}

function tokenRefusal(host: string): DownloadError {
  return new DownloadError(
    "tokenRefused",
    l10n.t("{0} refused the access token. It may have expired: set another, then continue.", host),
  );
}

function gatedFailure(sentToken: boolean): DownloadError {
  const message = sentToken
    ? l10n.t(
        "The account of the access token has no access to this model. Accept the licence on the model's page with that account, or set the token of another.",
      )
    : l10n.t(
        "This model's licence must be accepted on its page first. Accept it there, then set an access token of that account.",
      );
  return new DownloadError("gated", message);
}

/** Milliseconds of a Retry-After header, which holds seconds or a date. */
function retryAfterOf(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

/** A failure of the disk; undefined for an error that is none. */
export function diskFailure(error: unknown, folder: string): DownloadError | undefined {
  const code = error instanceof Error && "syscall" in error ? (error as NodeJS.ErrnoException).code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new DownloadError(
        "diskFull",
        l10n.t("The disk of {0} is full. Free some space, then continue: what was received is kept.", folder),
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DownloadError(
        "notWritable",
        l10n.t("The folder {0} may not be written. Change its permissions, or choose another folder.", folder),
      );
    case "EFBIG":
      return new DownloadError(
        "fileTooLarge",
        l10n.t("The disk of {0} cannot hold a file of this size. Choose a folder on another disk.", folder),
      );
    case "ENOENT":
    case "ENOTDIR":
    case "ENODEV":
    case "ENXIO":
    case "EIO":
      return folderGone(folder);
    default:
      return undefined;
  }
}

export function folderGone(folder: string): DownloadError {
  return new DownloadError(
    "folderGone",
    l10n.t("The folder {0} is not there. Connect its drive, or choose another folder.", folder),
  );
}

export function noRoom(folder: string, needed: number, free: number): DownloadError {
  return new DownloadError(
    "diskFull",
    l10n.t(
      "{0} GB are needed and {1} GB are free in {2}. Free some space or choose another folder, then continue.",
      (needed / 1e9).toFixed(2),
      (free / 1e9).toFixed(2),
      folder,
    ),
  );
}

export function wrongHash(file: string): DownloadError {
  return new DownloadError(
    "wrongHash",
    l10n.t(
      "The bytes that came of {0} do not have the hash that its source names, and were deleted. Download it again.",
      file,
    ),
  );
}

export function wrongSize(file: string, received: number, size: number): DownloadError {
  return new DownloadError(
    "wrongSize",
    l10n.t(
      "{1} bytes came of {0} where its source names {2}, and were deleted. Download it again.",
      file,
      String(received),
      String(size),
    ),
  );
}
