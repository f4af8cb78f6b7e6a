// The model host as a language server sees it that shares its models: a client of the service.

import type net from "node:net";
import * as l10n from "@vscode/l10n";

import { EngineError, type Hang, type LoadRequest, type Model, type ModelHost } from "../engine.ts";
import { loadModelOf, orDied, type Peer } from "../process/askModel.ts";
import { describeHang } from "../process/hang.ts";
import { heartbeat, watchHeartbeat } from "../process/heartbeat.ts";
import {
  diedNotification,
  logNotification,
  pingRequest,
  unloadedError,
  unloadedNotification,
  unloadRequest,
  waitsNotification,
} from "../process/rpc.ts";
import { unloadTime } from "../process/modelProcess.ts";
import { kill, openService, type ServiceConnection, type ServiceLocation } from "./openService.ts";

export interface SharedHostOptions {
  /** Says where the service is, at each load that wants it. */
  readonly locate: () => ServiceLocation;
  /** Loads what is not to be shared, and everything where no service can be reached. */
  readonly own: ModelHost;
  readonly log: (line: string) => void;
  /** The model's process, or the service, ended although nobody asked it to. The next `load` starts another. */
  readonly onDied: (reason: string) => void;
  /** The model left its place to another client's. */
  readonly onUnloaded: () => void;
  /** What a load waits for, in the user's language; undefined once it does not. */
  readonly onNote: (note: string | undefined) => void;
  readonly heartbeat?: typeof heartbeat;
}

interface Running extends Peer {
  readonly socket: net.Socket;
  readonly end: (reason: string) => void;
}

export class SharedHost implements ModelHost {
  readonly #options: SharedHostOptions;
  #running: Running | undefined;
  #memory: number | undefined;
  #opening = new AbortController();

  constructor(options: SharedHostOptions) {
    this.#options = options;
  }

  /** Resident bytes of the model's process, at the last heartbeat. */
  get memory(): number | undefined {
    return this.#running ? this.#memory : this.#options.own.memory;
  }

  async load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<Model> {
    await this.dispose();
    const { locate, own, log } = this.#options;
    if (request.plan.shared !== true) return own.load(request, onProgress);
    const opening = new AbortController();
    this.#opening = opening;
    const isUnwanted = () => opening.signal.aborted;
    let opened: ServiceConnection;
    try {
      opened = await openService(locate(), opening.signal);
    } catch (error) {
      if (isUnwanted()) throw new EngineError("died", "it was told to end before it began to load");
      log(`the model is not shared: ${String(error)}`);
      return own.load(request, onProgress);
    }
    if (isUnwanted()) {
      opened.connection.dispose();
      opened.socket.destroy();
      throw new EngineError("died", "it was told to end before it began to load");
    }
    const running = this.#run(opened);
    try {
      const model = await loadModelOf(running, request, (fraction) => {
        this.#options.onNote(undefined);
        onProgress(fraction);
      });
      await orDied(running, () => this.#ping(running));
      return model;
    } catch (error) {
      const hasLeft = error instanceof EngineError && error.failure === "unloaded";
      if (!hasLeft || isUnwanted()) throw error;
      // Another client's load took the place before this one was known to be there.
      return await this.load(request, onProgress);
    } finally {
      this.#options.onNote(undefined);
    }
  }

  /**
   * Gives the model back, and resolves when nothing of it is left in memory, unless other clients use it.
   * @throws EngineError `notEnded`
   */
  async dispose(): Promise<void> {
    this.#opening.abort();
    const running = this.#running;
    this.#running = undefined;
    if (running) await giveBack(running);
    await this.#options.own.dispose();
  }

  #run({ socket, connection, pid }: ServiceConnection): Running {
    const { log, onDied, onUnloaded, onNote } = this.#options;
    const ended = new AbortController();
    const close = (error: EngineError): boolean => {
      const isInUse = this.#running === running;
      if (isInUse) this.#running = undefined;
      stopHeartbeat();
      ended.abort(error);
      connection.dispose();
      socket.destroy();
      return isInUse;
    };
    const end = (reason: string, hang?: Hang) => {
      if (!ended.signal.aborted && close(new EngineError("died", reason, { hang }))) onDied(reason);
    };
    const isReachable = () => !socket.destroyed && socket.writable;
    const running: Running = { connection, ended: ended.signal, isReachable, socket, end };
    const times = this.#options.heartbeat ?? heartbeat;
    const stopHeartbeat = watchHeartbeat(
      // Whether the model makes progress is what the service watches.
      () => this.#ping(running).then(() => undefined),
      times,
      () => {
        kill(pid);
        const hang = { answered: false, seconds: (times.interval * times.patience) / 1000 };
        end(describeHang(hang), hang);
      },
    );
    connection.onClose(() => end(l10n.t("the model service ended")));
    connection.onNotification(diedNotification, ({ reason, hang }) => end(hang ? describeHang(hang) : reason, hang));
    connection.onNotification(unloadedNotification, () => {
      if (!ended.signal.aborted && close(unloadedError())) onUnloaded();
    });
    connection.onNotification(waitsNotification, () => {
      if (this.#running === running) onNote(l10n.t("Waits for a model that another window is using"));
    });
    connection.onNotification(logNotification, ({ line }) => log(line));
    this.#running = running;
    return running;
  }

  async #ping({ connection }: Running): Promise<void> {
    this.#memory = (await connection.sendRequest(pingRequest)).memory;
  }
}

/** @throws EngineError `notEnded` */
async function giveBack(running: Running): Promise<void> {
  try {
    await orDied(running, () => running.connection.sendRequest(unloadRequest, { within: unloadTime }));
  } catch (error) {
    // Nothing of a model is left whose process or service ended.
    if (error instanceof EngineError && error.failure === "notEnded") throw error;
  } finally {
    running.end("it was told to end");
  }
}
