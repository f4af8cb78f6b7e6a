// The asking side of the protocol: a model at the other end of a connection, as a `Model`.

import { randomUUID } from "node:crypto";
import { addAbortListener } from "node:events";
import type { MessageConnection, ProgressType } from "vscode-jsonrpc";

import { EngineError, type LoadRequest, type Model } from "../engine.ts";
import {
  cancellable,
  countTokensRequest,
  fromResponseError,
  generateProgress,
  generateRequest,
  loadProgress,
  loadRequest,
  preparedRequest,
  scoreRequest,
} from "./rpc.ts";

/** The process at the other end of a connection. */
export interface Peer {
  readonly connection: MessageConnection;
  /** Fires with an `EngineError` when the process ends or hangs. */
  readonly ended: AbortSignal;
  /** False when the process can be reached no more, some time before `ended` fires. */
  readonly isReachable: () => boolean;
}

/** Loads a model there. */
export async function loadModelOf(
  peer: Peer,
  request: LoadRequest,
  onProgress: (fraction: number) => void,
): Promise<Model> {
  const { connection } = peer;
  const info = await withProgress(peer, loadProgress, onProgress, (progressToken) =>
    connection.sendRequest(loadRequest, { ...request, progressToken }),
  );
  // What ends the process ends the wait.
  const prepared = () => orDied(peer, () => connection.sendRequest(preparedRequest)).catch(() => undefined);
  return {
    info,
    ...(info.gpuLayers > 0 && { prepared: prepared() }),
    generate: (request, onText, signal) =>
      cancellable(signal, (token) =>
        withProgress(peer, generateProgress, onText, (progressToken) =>
          connection.sendRequest(generateRequest, { ...request, progressToken }, token),
        ),
      ),
    score: (request, signal) =>
      cancellable(signal, (token) =>
        orDied(peer, async () => (await connection.sendRequest(scoreRequest, request, token)) ?? undefined),
      ),
    countTokens: (prompt, limit) => {
      const params = { prompt, ...(limit !== undefined && { limit }) };
      return orDied(peer, () => connection.sendRequest(countTokensRequest, params));
    },
  };
}

/**
 * The answer to what is sent to a process.
 * @throws EngineError `died` when the process ends before
 */
export async function orDied<R>({ ended, isReachable }: Peer, send: () => Promise<R>): Promise<R> {
  // Of its own: one promise for all requests would keep the answer of each that was raced against it.
  const { promise: died, reject } = Promise.withResolvers<never>();
  const listener = addAbortListener(ended, () => reject(ended.reason as EngineError));
  try {
    return await Promise.race([send(), died]);
  } catch (error) {
    // What is sent while the process ends can fail before its end is known.
    if (!(error instanceof EngineError) && !isReachable()) return await died;
    throw fromResponseError(error);
  } finally {
    listener[Symbol.dispose]();
  }
}

async function withProgress<T, R>(
  peer: Peer,
  type: ProgressType<T>,
  onProgress: (value: T) => void,
  send: (token: string) => Promise<R>,
): Promise<R> {
  const token = randomUUID();
  return orDied(peer, async () => {
    const subscription = peer.connection.onProgress(type, token, onProgress);
    try {
      return await send(token);
    } finally {
      subscription.dispose();
    }
  });
}
