// Reads a piece of a remote file, such as the header of a model that is not downloaded.

import * as l10n from "@vscode/l10n";

import { connectionFailure } from "./connectionFailures.ts";
import { DownloadError } from "./failures.ts";
import { type Access, openAddress } from "./openAddress.ts";

/** The bytes from `from` up to `to`, or up to the file's end where that comes first, and the size of the whole file. */
export interface RemotePiece {
  readonly bytes: Buffer;
  readonly size: number;
}

/** @throws DownloadError, or the signal's reason */
export async function readRemote(
  url: URL,
  from: number,
  to: number,
  access: Access,
  signal: AbortSignal,
): Promise<RemotePiece> {
  const answer = await openAddress(url, access, { headers: { range: `bytes=${from}-${to - 1}` } }, signal);
  const { status, headers, body } = answer;
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers["content-range"] ?? "") ?? [];
  const size = status === 206 ? total : headers["content-length"];
  // A server without ranges sends the file from its beginning, of which the rest is not read.
  const skipped = status === 206 ? from - Number(start) : from;
  if (status === 416 || size === undefined || Number.isNaN(skipped) || skipped < 0) {
    body.on("error", () => undefined).destroy();
    throw new DownloadError("badAnswer", l10n.t("{0} answers with another part of the file.", url.host));
  }
  const pieces: Buffer[] = [];
  let received = 0;
  try {
    for await (const bytes of body) {
      pieces.push(bytes as Buffer);
      received += (bytes as Buffer).length;
      if (received >= skipped + to - from) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailure(error, url, access.network.proxyPorts) ?? error;
  } finally {
    body.on("error", () => undefined).destroy();
  }
  return { bytes: Buffer.concat(pieces).subarray(skipped, skipped + to - from), size: Number(size) };
}
