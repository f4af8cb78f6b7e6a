// The model process: node-llama-cpp alone, spoken to over IPC, so that a fault of native code ends nothing else.

import path from "node:path";
import process, { exit } from "node:process";
import { Worker } from "node:worker_threads";
import type { CancellationToken, ResponseError } from "vscode-jsonrpc";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";

import { EngineError, type EngineFailure } from "../engine.ts";
import {
  countTokensRequest,
  generateProgress,
  generateRequest,
  loadProgress,
  loadRequest,
  pingRequest,
  scoreRequest,
  toResponseError,
  unloadRequest,
} from "../process/rpc.ts";
import { LlamaEngine } from "./llamaEngine.ts";

async function main(): Promise<void> {
  const watch = path.join(__dirname, "parentWatch.cjs");
  new Worker(watch).unref();
  const library = await import("node-llama-cpp");
  // The parent takes what is written to stderr into its log.
  const engine = new LlamaEngine(library, (message) => console.error(message));
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));

  connection.onRequest(pingRequest, () => ({ memory: engine.memory, stalled: engine.stalled }));
  connection.onRequest(loadRequest, ({ progressToken, ...request }) => {
    const onProgress = (fraction: number) => void connection.sendProgress(loadProgress, progressToken, fraction);
    return engine.load(request, onProgress).catch(refuse);
  });
  connection.onRequest(generateRequest, ({ progressToken, ...request }, cancellation) => {
    const onText = (text: string) => void connection.sendProgress(generateProgress, progressToken, text);
    return engine.generate(request, onText, signalOf(cancellation)).catch(refuse);
  });
  connection.onRequest(scoreRequest, (request, cancellation) =>
    engine
      .score(request, signalOf(cancellation))
      .then((scores) => scores ?? null)
      .catch(refuse),
  );
  connection.onRequest(countTokensRequest, async ({ prompt }) => {
    try {
      return await engine.countTokens(prompt);
    } catch (error) {
      return refuse(error);
    }
  });
  connection.onRequest(unloadRequest, () => engine.unload().catch(refuse));
  connection.listen();
}

/** What the library or a bug of ours threw is of use in the log only. */
function refuse(error: unknown): ResponseError<EngineFailure> {
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
