// The model process: node-llama-cpp alone, spoken to over IPC, so that a fault of native code ends nothing else.

import "../../nodeVersion.ts";

import path from "node:path";
import process, { exit } from "node:process";
import { Worker } from "node:worker_threads";
import type { CancellationToken, ResponseError } from "vscode-jsonrpc";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";

import { EngineError, type Model } from "../engine.ts";
import {
  countTokensRequest,
  type Failure,
  generateProgress,
  generateRequest,
  loadProgress,
  loadRequest,
  pingRequest,
  preparedRequest,
  scoreRequest,
  toResponseError,
  unloadRequest,
} from "../process/rpc.ts";
import { LlamaHost } from "./llamaHost.ts";
import { TextSender } from "./textSender.ts";

async function main(): Promise<void> {
  const watch = path.join(__dirname, "parentWatch.cjs");
  new Worker(watch).unref();
  const library = await import("node-llama-cpp");
  // The parent takes what is written to stderr into its log.
  const host = new LlamaHost(library, (message) => console.error(message));
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));

  connection.onRequest(pingRequest, () => ({ memory: host.memory, progress: host.progress }));
  let model: Model | undefined;
  const withModel = async <R>(use: (model: Model) => Promise<R>) => {
    try {
      if (!model) throw new EngineError("notLoaded", "no model is loaded");
      return await use(model);
    } catch (error) {
      return refuse(error);
    }
  };
  connection.onRequest(loadRequest, async ({ progressToken, ...request }) => {
    model = undefined;
    const onProgress = (fraction: number) => void connection.sendProgress(loadProgress, progressToken, fraction);
    try {
      model = await host.load(request, onProgress);
      return model.info;
    } catch (error) {
      return refuse(error);
    }
  });
  connection.onRequest(generateRequest, ({ progressToken, ...request }, cancellation) => {
    const text = new TextSender((text) => void connection.sendProgress(generateProgress, progressToken, text));
    return withModel(async (model) => {
      const generation = await model.generate(request, (piece) => text.push(piece), signalOf(cancellation));
      text.flush();
      return generation;
    });
  });
  connection.onRequest(scoreRequest, (request, cancellation) =>
    withModel(async (model) => (await model.score(request, signalOf(cancellation))) ?? null),
  );
  connection.onRequest(countTokensRequest, ({ prompt, limit }) =>
    withModel((model) => model.countTokens(prompt, limit)),
  );
  connection.onRequest(preparedRequest, () => host.prepared);
  connection.onRequest(unloadRequest, ({ within }) => host.unload(within).catch(refuse));
  connection.listen();
}

/** What the library or a bug of ours threw is of use in the log only. */
function refuse(error: unknown): ResponseError<Failure> {
  const fault = error instanceof EngineError ? error.cause : error;
  if (fault !== undefined) console.error(fault);
  return toResponseError(error);
}

function signalOf(cancellation: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (cancellation.isCancellationRequested) controller.abort();
  else cancellation.onCancellationRequested(() => controller.abort());
  return controller.signal;
}

// However the parent ended, this process ends with it: at once, or within a second where it is busy. An exit would wait for
// native code that hangs.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

void main().catch((error: unknown) => {
  console.error(error);
  exit(1);
});
