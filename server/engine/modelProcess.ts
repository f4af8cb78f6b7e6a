// The engine as the language server sees it: a child process that runs the model, started on demand.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { CancellationTokenSource, type MessageConnection, type ProgressType } from "vscode-jsonrpc";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";

import {
  type Engine,
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadedModel,
  type LoadRequest,
  type PromptPart,
} from "./engine.ts";
import {
  countTokensRequest,
  fromResponseError,
  generateProgress,
  generateRequest,
  loadProgress,
  loadRequest,
} from "./rpc.ts";

interface Running {
  readonly child: ChildProcess;
  readonly connection: MessageConnection;
  /** Rejects when the process ends, with an `EngineError` that requests are raced against. */
  readonly died: Promise<never>;
}

export interface ModelProcessOptions {
  /** Path of the bundle of `llama/main.ts`. */
  readonly modulePath: string;
  readonly log: (line: string) => void;
  /** The process ended although nobody asked it to. The next `load` starts another. */
  readonly onDied: (reason: string) => void;
}

export class ModelProcess implements Engine {
  readonly #options: ModelProcessOptions;
  #running: Running | undefined;
  #nextProgressToken = 0;

  constructor(options: ModelProcessOptions) {
    this.#options = options;
  }

  /** The process's id, while one runs. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  async load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<LoadedModel> {
    this.#running ??= this.#start();
    return this.#withProgress(loadProgress, onProgress, (progressToken, { connection }) =>
      connection.sendRequest(loadRequest, { ...request, progressToken }),
    );
  }

  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const cancellation = new CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    signal.addEventListener("abort", cancel);
    if (signal.aborted) cancel();
    try {
      return await this.#withProgress(generateProgress, onText, (progressToken, { connection }) =>
        connection.sendRequest(generateRequest, { ...request, progressToken }, cancellation.token),
      );
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  async countTokens(prompt: readonly PromptPart[]): Promise<number> {
    return this.#request(({ connection }) => connection.sendRequest(countTokensRequest, { prompt }));
  }

  /** Ends the process and waits until it is gone. */
  async dispose(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    const gone = once(running.child, "exit");
    running.child.kill("SIGKILL");
    await gone;
  }

  async #withProgress<T, R>(
    type: ProgressType<T>,
    onProgress: (value: T) => void,
    send: (token: number, running: Running) => Promise<R>,
  ): Promise<R> {
    const token = this.#nextProgressToken++;
    return this.#request(async (running) => {
      const subscription = running.connection.onProgress(type, token, onProgress);
      try {
        return await send(token, running);
      } finally {
        subscription.dispose();
      }
    });
  }

  async #request<R>(send: (running: Running) => Promise<R>): Promise<R> {
    const running = this.#running;
    if (!running) throw new EngineError("notLoaded", "the model process is not running");
    try {
      return await Promise.race([send(running), running.died]);
    } catch (error) {
      throw fromResponseError(error);
    }
  }

  #start(): Running {
    const child = fork(this.#options.modulePath, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", this.#options.log);
    }
    const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    connection.listen();
    const died = new Promise<never>((_, reject) => {
      const end = (reason: string) => {
        reject(new EngineError("died", reason));
        connection.dispose();
        // A process that was disposed of ended because it was told to.
        if (this.#running?.child !== child) return;
        this.#running = undefined;
        this.#options.onDied(reason);
      };
      child.on("error", (error) => end(error.message));
      child.on("exit", (code, signal) => end(signal ?? `exit code ${code ?? "unknown"}`));
    });
    // Whoever waits sees it through the race; nobody waiting is no fault.
    died.catch(() => undefined);
    return { child, connection, died };
  }
}
