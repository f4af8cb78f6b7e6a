// The service: one process of a user, which holds the models for all of the user's windows and editors.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import process from "node:process";
import { createMessageConnection, type Message } from "vscode-jsonrpc/node";
import { SocketMessageReader, SocketMessageWriter } from "vscode-jsonrpc/node";

import { answerModel } from "../process/answerModel.ts";
import { diedNotification, logNotification, unloadedNotification, waitsNotification } from "../process/rpc.ts";
import type { Claims } from "./claims.ts";
import { type Client, type CreateProcess, SharedModels } from "./sharedModels.ts";

/** Bytes of a token, as text. */
const tokenLength = 64;
/** Milliseconds within which a client has to send the token. */
const tokenTime = 30_000;
/** Milliseconds within which the first client has to come: the machine may be so busy that one which is on its way takes long. */
const firstClientTime = 60_000;
/** So many messages may wait for a client that does not read them: more than an answer of any length that is read in time. */
const mostUnread = 10_000;

export interface ServiceOptions {
  readonly claims: Claims;
  /** The number that it claims. */
  readonly number: number;
  /** Where it listens. */
  readonly address: string;
  readonly createProcess: CreateProcess;
  /** Milliseconds after its last client after which it ends. */
  readonly idleTime: number;
  /** Whether the files are still there that it starts processes from: another editor's update may have deleted them. */
  readonly isInstalled: () => boolean;
  /** Calls what it is given with each fault that nobody else hears of. It has no output: its clients log them. */
  readonly watchFaults: (tell: (fault: unknown) => void) => void;
}

/** Serves until no client was there for a while. Resolves to whether it did: another may have been first. */
export async function runService({
  claims,
  number,
  address,
  createProcess,
  idleTime,
  isInstalled,
  watchFaults,
}: ServiceOptions): Promise<boolean> {
  const models = new SharedModels(createProcess);
  const token = randomBytes(tokenLength / 2).toString("hex");
  const ended = Promise.withResolvers<void>();
  const logs = new Set<(line: string) => void>();
  const tell = (fault: unknown) => {
    const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    for (const log of logs) log(`a fault in the model service: ${text}`);
  };
  watchFaults(tell);
  let clients = 0;
  let idle = setTimeout(() => ended.resolve(), firstClientTime);
  const server = net.createServer((socket) => {
    if (!isInstalled()) {
      // Whoever comes starts another one. Those who have their models keep them.
      server.close();
      socket.destroy();
      return;
    }
    clients++;
    clearTimeout(idle);
    void serveClient(socket, token, models, logs)
      .catch((fault: unknown) => {
        tell(fault);
        socket.destroy();
      })
      .finally(() => {
        clients--;
        if (clients === 0) idle = setTimeout(() => ended.resolve(), idleTime);
      });
  });
  server.listen(address);
  await once(server, "listening");
  try {
    if (!(await claims.claim(number, { pid: process.pid, address, token }))) return false;
    await ended.promise;
    return true;
  } finally {
    clearTimeout(idle);
    // Whoever connects from now on is refused, and starts another.
    server.close();
  }
}

/** Serves a client, and resolves when it is gone and nothing is left of it. */
async function serveClient(
  socket: net.Socket,
  token: string,
  models: SharedModels,
  logs: Set<(line: string) => void>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  // It closes after that.
  socket.on("error", () => undefined);
  if (!(await sendsToken(socket, token))) {
    socket.destroy();
    return closed;
  }
  const connection = createMessageConnection(new SocketMessageReader(socket), new BoundedWriter(socket));
  // A message that is none.
  connection.onError(() => socket.destroy());
  const ended = new AbortController();
  const notify = (message: () => Promise<void>) => {
    if (!ended.signal.aborted) message().catch(() => undefined);
  };
  const onLog = (line: string) => notify(() => connection.sendNotification(logNotification, { line }));
  const client: Client = {
    id: randomBytes(8).toString("hex"),
    ended: ended.signal,
    onDied: (reason, hang) => notify(() => connection.sendNotification(diedNotification, { reason, hang })),
    onUnloaded: () => notify(() => connection.sendNotification(unloadedNotification)),
    onWaits: () => notify(() => connection.sendNotification(waitsNotification)),
    onLog,
  };
  let prepared: Promise<void> | undefined;
  const host = {
    ping: () => ({ memory: models.memoryFor(client) ?? 0 }),
    load: async (...[request, onProgress]: Parameters<Parameters<typeof answerModel>[1]["load"]>) => {
      const model = await models.load(request, client, onProgress);
      prepared = model.prepared;
      return model;
    },
    prepared: () => prepared ?? Promise.resolve(),
    unload: () => models.release(client),
    log: (fault: unknown) => onLog(String(fault)),
  };
  answerModel(connection, host, ended.signal);
  connection.listen();
  logs.add(onLog);
  if (!socket.destroyed) await closed;
  logs.delete(onLog);
  ended.abort();
  connection.dispose();
  // Whoever wants its memory is told what stays there.
  await models.release(client).catch(() => undefined);
}

/** Whether the first bytes of a client are the token. */
async function sendsToken(socket: net.Socket, token: string): Promise<boolean> {
  const signal = AbortSignal.timeout(tokenTime);
  for (;;) {
    const bytes = socket.read(tokenLength) as Buffer | null;
    if (bytes) return bytes.length === tokenLength && timingSafeEqual(bytes, Buffer.from(token));
    if (socket.readableEnded || socket.destroyed) return false;
    // After that time, it is as if it had closed.
    const events = [once(socket, "readable", { signal }), once(socket, "close", { signal })];
    await Promise.race(events).catch(() => socket.destroy());
  }
}

class BoundedWriter extends SocketMessageWriter {
  readonly #socket: net.Socket;
  #unread = 0;

  constructor(socket: net.Socket) {
    super(socket);
    this.#socket = socket;
  }

  override async write(message: Message): Promise<void> {
    this.#unread++;
    if (this.#unread > mostUnread) this.#socket.destroy();
    try {
      await super.write(message);
    } finally {
      this.#unread--;
    }
  }
}
