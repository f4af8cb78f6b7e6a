// The answering side of the protocol: requests that come over a connection, answered by a model of this process.

import type { CancellationToken, MessageConnection, ResponseError } from "vscode-jsonrpc";

import { EngineError, type LoadRequest, type Model } from "../engine.ts";
import {
  countTokensRequest,
  type Failure,
  generateProgress,
  generateRequest,
  loadProgress,
  loadRequest,
  pingRequest,
  type Pong,
  preparedRequest,
  scoreRequest,
  toResponseError,
  unloadRequest,
} from "./rpc.ts";
import { TextSender } from "./textSender.ts";

export interface AnsweringHost {
  readonly ping: () => Pong;
  readonly load: (request: LoadRequest, onProgress: (fraction: number) => void) => Promise<Model>;
  /** Resolves when no request has to wait any more for what is done once after a load. */
  readonly prepared: () => Promise<void>;
  readonly unload: (within: number) => Promise<void>;
  /** Gets what the engine's library or a bug threw, which is of use in the log only. */
  readonly log: (fault: unknown) => void;
}

/** Answers until the connection ends. The caller listens on it. `ended`: the other side is gone, and its requests with it. */
export function answerModel(connection: MessageConnection, host: AnsweringHost, ended?: AbortSignal): void {
  let model: Model | undefined;
  const refuse = (error: unknown): ResponseError<Failure> => {
    const fault = error instanceof EngineError ? error.cause : error;
    if (fault !== undefined) host.log(fault);
    return toResponseError(error);
  };
  const withModel = async <R>(use: (model: Model) => Promise<R>) => {
    try {
      if (!model) throw new EngineError("notLoaded", "no model is loaded");
      return await use(model);
    } catch (error) {
      return refuse(error);
    }
  };
  const signalOf = (cancellation: CancellationToken): AbortSignal => {
    const controller = new AbortController();
    if (cancellation.isCancellationRequested) controller.abort();
    else cancellation.onCancellationRequested(() => controller.abort());
    return ended ? AbortSignal.any([ended, controller.signal]) : controller.signal;
  };
  connection.onRequest(pingRequest, () => host.ping());
  connection.onRequest(loadRequest, async ({ progressToken, ...request }) => {
    model = undefined;
    const onProgress = (fraction: number) => send(() => connection.sendProgress(loadProgress, progressToken, fraction));
    try {
      model = await host.load(request, onProgress);
      return model.info;
    } catch (error) {
      return refuse(error);
    }
  });
  connection.onRequest(generateRequest, ({ progressToken, ...request }, cancellation) => {
    const text = new TextSender((text) => send(() => connection.sendProgress(generateProgress, progressToken, text)));
    return withModel(async (model) => {
      const generation = await model.generate(request, (piece) => text.push(piece), signalOf(cancellation));
      text.flush();
      return generation;
    });
  });
  connection.onRequest(scoreRequest, (request, cancellation) =>
    withModel(async (model) => (await model.score?.(request, signalOf(cancellation))) ?? null),
  );
  connection.onRequest(countTokensRequest, ({ prompt, limit }) =>
    withModel((model) => model.countTokens(prompt, limit)),
  );
  connection.onRequest(preparedRequest, () => host.prepared());
  connection.onRequest(unloadRequest, ({ within }) => host.unload(within).catch(refuse));
}

/** Sends what needs no answer. When the other side is gone it cannot be sent. */
function send(message: () => Promise<void>): void {
  try {
    message().catch(() => undefined);
  } catch {
    // The connection is closed already.
  }
}
