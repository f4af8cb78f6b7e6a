// The model host as the language server sees it: a child process that runs the model, started on demand.

import { type ChildProcess, fork } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { MessageConnection } from "vscode-jsonrpc";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";

import { loadModelOf, orDied, type Peer } from "./askModel.ts";
import { copyFolder } from "./copyFolder.ts";
import { EngineError, type Hang, type LoadRequest, type Model, type ModelHost } from "../engine.ts";
import { describeHang } from "./hang.ts";
import { heartbeat, watchHeartbeat } from "./heartbeat.ts";
import { pingRequest, unloadRequest } from "./rpc.ts";

/**
 * How long a process may take to be gone once it is killed, in milliseconds: the system frees some ten gigabytes a second,
 * and what waits for a disk or a driver without end cannot be killed.
 */
const endTime = 30_000;

/** How long a process may take to write the prompt cache, in milliseconds: an editor that closes waits for two seconds. */
export const unloadTime = 1500;

/**
 * Linux gives large blocks of memory in pages of 2 MB in the place of 4 kB where it is asked to, which glibc does from 2.35 on:
 * a token needs all weights, which the processor then finds in a tenth less time. What the user set comes last, and counts.
 */
function tunables(): string {
  const { GLIBC_TUNABLES: own } = process.env;
  return ["glibc.malloc.hugetlb=1", ...(own ? [own] : [])].join(":");
}

interface Running extends Peer {
  readonly child: ChildProcess;
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
}

export interface ModelProcessOptions {
  /** Path of the bundle of `llama/main.ts`. */
  readonly modulePath: string;
  readonly log: (line: string) => void;
  /** The process ended although nobody asked it to, of a hang if there is one. The next `load` starts another. */
  readonly onDied: (reason: string, hang?: Hang) => void;
  readonly heartbeat?: typeof heartbeat;
  readonly endTime?: number;
  /** Whether other processes go before it; no unless given. */
  readonly isInBackground?: boolean;
}

export class ModelProcess implements ModelHost {
  readonly #options: ModelProcessOptions;
  #running: Running | undefined;
  #memory: number | undefined;
  /** The process before this one: its id, and what resolves when it is gone. */
  #ending: { readonly pid: number | undefined; readonly gone: Promise<void> } | undefined;

  constructor(options: ModelProcessOptions) {
    this.#options = options;
  }

  /** The process's id, while one runs. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  /** Resident bytes of the process, at its last heartbeat. */
  get memory(): number | undefined {
    return this.#running && this.#memory;
  }

  async load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<Model> {
    // Two models would not fit into the memory.
    await this.#waitUntilGone();
    const running = (this.#running ??= this.#start());
    const model = await loadModelOf(running, request, onProgress);
    await orDied(running, () => this.#ping(running.connection));
    return model;
  }

  /**
   * Ends the process, which has a moment to write the prompt cache, and waits until it is gone.
   * @throws EngineError `notEnded`
   */
  async dispose(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running) this.#ending = { pid: running.child.pid, gone: unload(running) };
    await this.#waitUntilGone();
  }

  /** @throws EngineError `notEnded` with the id of a process that stays although it was killed */
  async #waitUntilGone(): Promise<void> {
    if (!this.#ending) return;
    const { pid, gone } = this.#ending;
    const time = unloadTime + (this.#options.endTime ?? endTime);
    const isGone = await Promise.race([gone.then(() => true), sleep(time, false, { ref: false })]);
    if (!isGone) throw new EngineError("notEnded", String(pid));
  }

  /** Returns a number that rises with the progress of what runs in the process; undefined while nothing runs. */
  async #ping(connection: MessageConnection): Promise<number | undefined> {
    const { memory, progress } = await connection.sendRequest(pingRequest);
    this.#memory = memory;
    return progress;
  }

  #start(): Running {
    const child = fork(this.#options.modulePath, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // What a token leaves behind is little: more room for it is memory that nobody uses, and no faster.
      execArgv: [...process.execArgv, "--max-semi-space-size=1"],
      // llama.cpp puts the outputs of a batch into order when the first is read, and node-llama-cpp reads each on a thread
      // of its own: with more than one, requests would at times get each other's outputs. Threads that come and go would
      // each leave a heap of glibc's behind.
      env: { ...process.env, UV_THREADPOOL_SIZE: "1", MALLOC_ARENA_MAX: "1", GLIBC_TUNABLES: tunables() },
    });
    // Its threads, which it has none of yet, take it from the process.
    if (this.#options.isInBackground) lowerPriority(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", this.#options.log);
    }
    const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    connection.listen();
    const ended = new AbortController();
    const { promise: gone, resolve: setGone } = Promise.withResolvers<void>();
    const running = { child, connection, ended: ended.signal, isReachable: () => child.connected, gone };
    const end = (reason: string, hang?: Hang) => {
      stopHeartbeat();
      ended.abort(new EngineError("died", reason, { hang }));
      connection.dispose();
      // A process that was disposed of ended because it was told to.
      if (this.#running !== running) return;
      this.#running = undefined;
      this.#ending = { pid: child.pid, gone };
      this.#options.onDied(reason, hang);
    };
    const kill = (reason: string, hang?: Hang) => {
      end(reason, hang);
      child.kill("SIGKILL");
    };
    const times = this.#options.heartbeat ?? heartbeat;
    const stopHeartbeat = watchHeartbeat(
      () => this.#ping(connection),
      times,
      (answered) => {
        const hang = { answered, seconds: (answered ? times.longestStep : times.interval * times.patience) / 1000 };
        kill(describeHang(hang), hang);
      },
    );
    child.on("error", (error) => kill(error.message));
    child.on("exit", (code, signal) => {
      end(signal ?? `exit code ${code ?? "unknown"}`);
      if (child.pid !== undefined) fs.rm(copyFolder(child.pid), { recursive: true, force: true }, () => setGone());
    });
    // One that could not be started does not exit.
    if (child.pid === undefined) setGone();
    return running;
  }
}

async function unload(running: Running): Promise<void> {
  const { child, connection, gone } = running;
  const unloaded = Promise.race([
    orDied(running, () => connection.sendRequest(unloadRequest, { within: unloadTime })),
    sleep(unloadTime, undefined, { ref: false }),
  ]);
  // Whatever the process answers, or does not answer, it is ended.
  await unloaded.catch(() => undefined);
  child.kill("SIGKILL");
  await gone;
}

function lowerPriority(pid: number | undefined): void {
  try {
    const { PRIORITY_BELOW_NORMAL: below, PRIORITY_LOW: lowest } = os.constants.priority;
    if (pid !== undefined) os.setPriority(pid, Math.min(os.getPriority() + below, lowest));
  } catch {
    // It is gone already, or the system does not allow it: it works all the same.
  }
}
