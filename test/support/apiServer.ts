// Our HTTP server in the test's own process, on a model whose words a test knows, and raw requests to it.

import { once } from "node:events";
import net from "node:net";
import path from "node:path";

import type { Model } from "../../server/engine/engine.ts";
import { type Api, type ApiOptions, startApi } from "../../server/http/apiServer.ts";
import { ServerMetrics } from "../../server/metrics/registry.ts";
import { readSettings } from "../../server/lsp/settings.ts";
import type { ModelStatus, ServerStatus } from "../../src/shared/status.ts";

export const apiToken = "test-token";

export interface TestApi extends Api {
  /** What the server logged. */
  readonly logs: string[];
  /** Sends a JSON body with the token. */
  post(this: void, path: string, body: unknown, init?: RequestInit): Promise<Response>;
}

export function readyStatus({ info }: Model): ModelStatus {
  return { state: "ready", model: info, generating: false, unloaded: false, metrics: { queue: 0 } };
}

export async function startTestApi(model: Model, options: Partial<ApiOptions> = {}): Promise<TestApi> {
  const logs: string[] = [];
  const status: ServerStatus = readyStatus(model);
  const settings = readSettings(undefined, () => undefined);
  const api = await startApi({
    models: { status, ready: () => Promise.resolve(model) },
    metrics: new ServerMetrics(),
    settings: () => settings,
    token: apiToken,
    port: 0,
    log: (line) => logs.push(line),
    pages: path.join(import.meta.dirname, "../../dist"),
    ...options,
  });
  const headers = { authorization: `Bearer ${apiToken}`, "content-type": "application/json" };
  const post = (path: string, body: unknown, init: RequestInit = {}) =>
    fetch(api.address + path, { method: "POST", headers, body: JSON.stringify(body), ...init });
  return { ...api, logs, post };
}

/** Sends bytes as they are, and gives all that comes back until the server closes the connection. */
export async function sendRaw(address: string, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(address);
  const socket = net.connect(Number(port), hostname);
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
  // A server may close before it has read all.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  for (const part of parts) socket.write(part);
  socket.end();
  if (!socket.closed) await once(socket, "close");
  return received;
}

/** The data of the events of a stream, as JSON but for the one that ends it. */
export async function eventsOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => event.replace(/^data: /, ""))
    .map((data) => (data === "[DONE]" ? data : (JSON.parse(data) as unknown)));
}
