// Why a server elsewhere gives no text, in the user's words: each kind with what mends it.

import * as l10n from "@vscode/l10n";

import type { RemoteServer } from "../../../src/shared/serverSettings.ts";
import type { ProblemAction } from "../../../src/shared/status.ts";
import { plainName, plainText } from "../../../src/shared/plainText.ts";
import { retryAfterOf } from "../../network.ts";
import { UserError } from "../../userError.ts";

/** Each kind of failure: whether waiting may mend it, whether all other requests fail like it, and the button that mends it. */
const kinds = {
  unreachable: { passes: true, isOfAll: true, action: "retry" },
  busy: { passes: true, isOfAll: false, action: "retry" },
  asleep: { passes: true, isOfAll: true, action: "retry" },
  cutOff: { passes: false, isOfAll: false, action: "retry" },
  refused: { passes: false, isOfAll: false, action: undefined },
  badAnswer: { passes: false, isOfAll: false, action: "serversSetting" },
  nameNotFound: { passes: false, isOfAll: true, action: "serversSetting" },
  notFound: { passes: false, isOfAll: true, action: "serversSetting" },
  badSettings: { passes: false, isOfAll: true, action: "serversSetting" },
  keyRefused: { passes: false, isOfAll: true, action: "setServerKey" },
  network: { passes: false, isOfAll: true, action: "proxySettings" },
} as const satisfies Record<string, { passes: boolean; isOfAll: boolean; action: ProblemAction | undefined }>;

type FailureKind = keyof typeof kinds;

export class RemoteError extends UserError {
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

  /** Whether the server is of no use until something is mended. */
  get isOfAll(): boolean {
    return kinds[this.kind].isOfAll;
  }
}

export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What an answer says that is no success. */
export function answerFailure(
  { status, headers, body }: FailedAnswer,
  server: RemoteServer,
  path: string,
): RemoteError {
  const name = plainName(server.name);
  const words = serverWords(body);
  const said = words === "" ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
  const header = headers["retry-after"];
  const retryAfter = retryAfterOf(Array.isArray(header) ? header[0] : header);
  if (status === 407) return proxyFailure(`HTTP ${status}`);
  if (status === 401) {
    return new RemoteError(
      "keyRefused",
      l10n.t("The server {0} wants a key that it knows ({1}). Set its key.", name, said),
    );
  }
  if (status === 403) {
    return new RemoteError(
      "keyRefused",
      l10n.t("The server {0} does not let this key in ({1}). Set the key of an account that may use it.", name, said),
    );
  }
  if (status === 404) return notFound(server, name, path, said);
  if (status === 429) {
    const message =
      retryAfter === undefined
        ? l10n.t("The server {0} has too many requests ({1}). Try again later.", name, said)
        : l10n.t(
            "The server {0} has too many requests ({1}). Try again in {2} seconds.",
            name,
            said,
            Math.ceil(retryAfter / 1000),
          );
    return new RemoteError("busy", message, retryAfter);
  }
  if (status === 502 || status === 503) {
    return new RemoteError(
      "asleep",
      l10n.t("The server {0} is not ready ({1}). It may be starting: try again later.", name, said),
      retryAfter,
    );
  }
  if (status >= 500) return new RemoteError("refused", l10n.t("The server {0} failed ({1}).", name, said));
  if (status >= 400) return new RemoteError("refused", l10n.t("The server {0} refused the request ({1}).", name, said));
  return new RemoteError(
    "badAnswer",
    l10n.t("The server {0} sends on to another address ({1}), which is not followed. Correct its address.", name, said),
  );
}

function notFound(server: RemoteServer, name: string, path: string, said: string): RemoteError {
  if (server.model !== undefined && path.startsWith("/v1/")) {
    return new RemoteError(
      "notFound",
      l10n.t(
        "The server {0} has no model {1} ({2}). Correct the name of the model.",
        name,
        plainName(server.model),
        said,
      ),
    );
  }
  return new RemoteError(
    "notFound",
    l10n.t(
      "The server {0} does not know {1} ({2}). Correct its address, or its kind, which is {3}.",
      name,
      plainName(path),
      said,
      server.kind,
    ),
  );
}

/** What comes with the status of success and is no answer of this kind of server. */
export function badAnswer(server: RemoteServer, path: string, body: string): RemoteError {
  const name = plainName(server.name);
  if (isWebPage(body)) {
    return new RemoteError(
      "badAnswer",
      l10n.t(
        "A web page came from the server {0} in place of an answer, as when a network asks to sign in. Correct its address, or sign in with a browser.",
        name,
      ),
    );
  }
  return new RemoteError(
    "badAnswer",
    l10n.t(
      "The server {0} answered {1} in a way that a server of the kind {2} does not: {3}. Correct its address or its kind.",
      name,
      plainName(path),
      server.kind,
      plainText(body, 200) || l10n.t("nothing"),
    ),
  );
}

/** An event that is no piece of an answer: an error that a server sends in the middle of it, or another format. */
export function failureInStream(server: RemoteServer, path: string, data: unknown): RemoteError {
  const words = messageIn(data);
  if (words === undefined) return badAnswer(server, path, JSON.stringify(data));
  return new RemoteError(
    "refused",
    l10n.t("The server {0} ended its answer with an error: {1}.", plainName(server.name), plainText(words, 300)),
  );
}

/** @param isKept whether what came of the answer is kept */
export function cutOff(server: RemoteServer, isKept: boolean): RemoteError {
  const name = plainName(server.name);
  return new RemoteError(
    "cutOff",
    isKept
      ? l10n.t("The answer of the server {0} was cut off. What came of it is kept; ask again.", name)
      : l10n.t("The answer of the server {0} was cut off. Ask again.", name),
  );
}

/** @param isKept whether what came of the answer is kept */
export function stalled(server: RemoteServer, seconds: number, isKept: boolean): RemoteError {
  const name = plainName(server.name);
  return new RemoteError(
    "cutOff",
    isKept
      ? l10n.t(
          "Nothing came from the server {0} for {1} seconds. What came of its answer is kept; ask again.",
          name,
          seconds,
        )
      : l10n.t("Nothing came from the server {0} for {1} seconds. Ask again.", name, seconds),
  );
}

export function proxyFailure(reason: string): RemoteError {
  return new RemoteError(
    "network",
    l10n.t(
      "The proxy refused the connection ({0}). Check the setting {1}, with its user name and password.",
      reason,
      "http.proxy",
    ),
  );
}

function isWebPage(body: string): boolean {
  return /^\s*<(?:!doctype|html|head|body)/i.test(body.slice(0, 1000));
}

/** The message in the body of a failure: each kind of server has its own shape for it. */
function serverWords(body: string): string {
  if (isWebPage(body)) return l10n.t("a web page");
  let data: unknown;
  try {
    data = JSON.parse(body);
  } catch {
    return plainText(body, 300);
  }
  return plainText(messageIn(data) ?? "", 300);
}

/** `{error: {message}}` of llama-server and OpenAI, `{error: "…"}` of TGI, `{message}` of older vLLM, `{detail}` of FastAPI. */
function messageIn(data: unknown): string | undefined {
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null) return undefined;
  const { error, message, detail } = data as Readonly<Record<string, unknown>>;
  return messageIn(error ?? message ?? detail);
}
