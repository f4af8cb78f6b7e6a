// One try to receive what is missing of a file.

import * as l10n from "@vscode/l10n";

import { connectionFailure } from "./connectionFailures.ts";
import { DownloadError, notTheFile } from "./failures.ts";
import { type Access, type Answer, openAddress } from "./openAddress.ts";
import type { PartFile, PartState } from "./partFile.ts";

export interface TransferredFile {
  readonly url: URL;
  /** Where the source of the address says it, as a package registry does; a hub says it in its answer. */
  readonly hash?: { readonly algorithm: "sha256" | "sha512"; readonly hex: string };
}

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Called when the size is known, before the first byte. */
  readonly onSize: (size: number) => Promise<void>;
  readonly onReceived: () => void;
}

/**
 * Appends to the part what is missing. A fresh address is asked for each time, since a signed one expires.
 * @throws DownloadError
 */
export async function transfer(
  part: PartFile,
  file: TransferredFile,
  access: Access,
  options: TransferOptions,
): Promise<void> {
  const { signal } = options;
  for (;;) {
    if (part.state?.url !== undefined && part.state.url !== file.url.href) await part.reset();
    if (part.received > 0 && part.received === part.state?.size) return;
    const answer = await openAddress(file.url, access, { headers: rangeHeaders(part) }, signal);
    if (await follows(part, answer, file)) {
      await receive(part, answer, file, access, options);
      return;
    }
    // What is there is no part of what is offered now: the file is asked for from its beginning.
    answer.body.on("error", () => undefined).destroy();
    if (part.received === 0) {
      throw new DownloadError("badAnswer", l10n.t("{0} answers with another part of the file.", file.url.host));
    }
    await part.reset();
  }
}

/** A part of which neither a strong validator nor a hash is known cannot be gone on with: nothing would tell a changed file. */
function rangeHeaders({ received, state }: PartFile): Record<string, string> {
  if (received === 0 || !state || (state.etag === undefined && state.sha256 === undefined)) return {};
  return { range: `bytes=${received}-`, ...(state.etag !== undefined && { "if-range": state.etag }) };
}

/** Whether the bytes of an answer follow those of the part: of one that begins anew they do once the part is emptied. */
async function follows(part: PartFile, answer: Answer, { hash, url }: TransferredFile): Promise<boolean> {
  const { status, linked } = answer;
  if (hash?.algorithm === "sha256" && differ(linked.sha256, hash.hex)) {
    answer.body.on("error", () => undefined).destroy();
    throw new DownloadError(
      "wrongHash",
      l10n.t("The file at {0} is not the expected one: its hash is another.", url.host),
    );
  }
  if (status === 200 && part.received > 0) {
    if (isOther(part, answer)) {
      answer.body.on("error", () => undefined).destroy();
      throw notTheFile(url.host);
    }
    await part.reset();
  }
  if (status !== 206) return status === 200;
  const { start, total } = contentRange(answer);
  const { size, sha256 } = part.state ?? {};
  return start === part.received && !differ(linked.size ?? total, size) && !differ(linked.sha256, sha256);
}

/**
 * Whether an answer says nothing that ties it to the file of the part, as the page does by which a network asks to sign in.
 * A file that has changed comes with its new hash or size from the hub.
 */
function isOther({ state }: PartFile, { headers, linked }: Answer): boolean {
  if (state?.sha256 !== undefined && linked.sha256 === undefined) return true;
  const { "content-length": length } = headers;
  if (linked.size !== undefined) return length !== undefined && length !== String(linked.size);
  return state?.size !== undefined && length !== String(state.size);
}

function contentRange({ headers }: Answer): { start?: number; total?: number } {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  return {
    ...(start !== undefined && { start: Number(start) }),
    ...(total !== undefined && total !== "*" && { total: Number(total) }),
  };
}

/** Whether two values are known and not the same. */
function differ<T>(a: T | undefined, b: T | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

async function receive(
  part: PartFile,
  answer: Answer,
  { url }: TransferredFile,
  { network }: Access,
  { signal, onSize, onReceived }: TransferOptions,
): Promise<void> {
  try {
    const state = stateOf(part, answer, url);
    if (state.size !== undefined) await onSize(state.size);
    await part.describe(state);
    for await (const bytes of answer.body as AsyncIterable<Buffer<ArrayBuffer>>) {
      await part.append(bytes);
      free(bytes);
      onReceived();
      // One that does not end at the size that its source named would fill the disk.
      if (state.size !== undefined && part.received > state.size) break;
    }
  } catch (error) {
    await part.flush();
    signal.throwIfAborted();
    throw connectionFailure(error, url, network.proxyPorts) ?? error;
  } finally {
    answer.body.on("error", () => undefined).destroy();
  }
  await part.flush();
  const { size } = part.state ?? {};
  // A server that tells no length ends the body as it ends a connection.
  if (size !== undefined && part.received < size) {
    throw new DownloadError(
      "connectionLost",
      l10n.t("{0} ended the file too early. Continue later: what was received is kept.", url.host),
    );
  }
}

/**
 * Gives back the memory of a piece that was read alone into it. Left to the garbage collector, the pieces of a fast download
 * take longer to collect than to receive, and hundreds of megabytes until then.
 */
function free({ buffer, length }: Buffer<ArrayBuffer>): void {
  if (length === buffer.byteLength) buffer.transfer(0);
}

function stateOf(part: PartFile, { status, headers, linked }: Answer, url: URL): PartState {
  const { etag } = headers;
  const length = headers["content-length"];
  const total = status === 206 ? part.state?.size : length === undefined ? undefined : Number(length);
  const size = linked.size ?? total;
  return {
    url: url.href,
    ...(size !== undefined && { size }),
    ...(linked.sha256 !== undefined && { sha256: linked.sha256 }),
    ...(etag?.startsWith('"') && { etag }),
  };
}
