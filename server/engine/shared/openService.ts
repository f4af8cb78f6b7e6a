// Finds the service of this user, or starts it, and connects to it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createMessageConnection,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";

import { heartbeat } from "../process/heartbeat.ts";
import { pingRequest } from "../process/rpc.ts";
import { type Claims, type Contact, openPrivateFolder } from "./claims.ts";

/** Milliseconds between two looks for a service that starts. */
const lookInterval = 30;
/** Milliseconds within which a service has to be there. */
const longestOpening = 120_000;
/** Starts of one service that may fail: whoever kills processes may kill it, too. */
const mostFailures = 5;

export interface ServiceLocation {
  readonly claims: Claims;
  /** Path of the bundle of `server/service.ts`. */
  readonly modulePath: string;
  /** Milliseconds that the service stays after its last client. */
  readonly idleTime?: number;
  /** Milliseconds within which it has to answer. */
  readonly patience?: number;
}

export interface ServiceConnection {
  readonly socket: net.Socket;
  readonly connection: MessageConnection;
  readonly pid: number;
}

/**
 * Connects to the service.
 * @throws Error where there is none and none can be started, and when the signal fires
 */
export async function openService(location: ServiceLocation, signal: AbortSignal): Promise<ServiceConnection> {
  const { claims, patience = heartbeat.interval * heartbeat.patience } = location;
  await openPrivateFolder(claims.folder);
  const starts = new Starts(location);
  for (const end = performance.now() + longestOpening; performance.now() < end;) {
    signal.throwIfAborted();
    const { number = 0, contact } = (await claims.newest()) ?? {};
    const found = contact ? await connect(contact, patience) : "dead";
    if (typeof found === "object") return found;
    if (found === "dead") starts.want(number + 1);
    await sleep(lookInterval, undefined, { signal });
  }
  throw new Error("the model service does not answer");
}

/** The services that one client starts, one after the other. */
class Starts {
  readonly #location: ServiceLocation;
  #number: number | undefined;
  #child: ChildProcess | undefined;
  #failures = 0;

  constructor(location: ServiceLocation) {
    this.#location = location;
  }

  /**
   * Starts the service of a number, unless it is on its way.
   * @throws Error where it has failed too often
   */
  want(number: number): void {
    const child = this.#child;
    if (child && this.#number === number) {
      const hasEnded = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
      if (!hasEnded) return;
      const end = child.signalCode ?? `exit code ${child.exitCode ?? "unknown"}`;
      if (++this.#failures === mostFailures) throw new Error(`the model service cannot be started: ${end}`);
    }
    this.#number = number;
    this.#child = startService(this.#location, number);
  }
}

/** Starts a process that outlives this one, and holds no folder of the user's. */
function startService({ claims, modulePath, idleTime }: ServiceLocation, number: number): ChildProcess {
  const { folder, version } = claims;
  const values = {
    folder,
    version,
    number,
    address: claims.newAddress(),
    ...(idleTime !== undefined && { idle: idleTime }),
  };
  const given = Object.entries(values).map(([name, value]) => `--${name}=${value}`);
  const options = { cwd: folder, detached: true, stdio: "ignore", windowsHide: true } as const;
  const child = spawn(process.execPath, [modulePath, ...given], options);
  // One that cannot be started has no id, which `want` sees.
  child.on("error", () => undefined);
  child.unref();
  return child;
}

/** `dead`: nothing listens there. `closed`: what does closes the connection, as a service does that ends. */
async function connect(
  { pid, address, token }: Contact,
  patience: number,
): Promise<ServiceConnection | "dead" | "closed"> {
  const socket = net.connect(address);
  try {
    await once(socket, "connect");
  } catch (error) {
    socket.destroy();
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return ["ECONNREFUSED", "ENOENT", "ENOTSOCK"].includes(code) ? "dead" : "closed";
  }
  // It closes after that.
  socket.on("error", () => undefined);
  socket.write(token);
  const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
  const closed = new Promise<"closed">((resolve) => connection.onClose(() => resolve("closed")));
  connection.listen();
  const answered = connection.sendRequest(pingRequest).then(
    () => "answered" as const,
    () => "closed" as const,
  );
  const silence = sleep(patience, "silent" as const, { ref: false });
  const outcome = await Promise.race([answered, closed, silence]);
  if (outcome === "answered") return { socket, connection, pid };
  // While its connection is open, the number is its own. The next look finds nobody there.
  if (outcome === "silent" && !socket.destroyed) kill(pid);
  connection.dispose();
  socket.destroy();
  return "closed";
}

/** Ends a service that hangs. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
