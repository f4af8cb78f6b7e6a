// An HTTP server on the assistant's models, in the interfaces that other programs know: OpenAI's, TGI's and llama-server's.

import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as l10n from "@vscode/l10n";

import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { ServerMetrics } from "../metrics/registry.ts";
import { UserError } from "../userError.ts";
import { checkOrigin, checkToken } from "./access.ts";
import { ApiError, toApiError } from "./apiError.ts";
import { modelRoutes } from "./apiModels.ts";
import { type ApiLimits, type ApiModels, type Route, sendJson } from "./exchange.ts";
import { llamaServerRoutes } from "./llamaServer.ts";
import { chatRoutes } from "./openaiChat.ts";
import { completionRoutes } from "./openaiCompletions.ts";
import { PageCodes } from "./pageCodes.ts";
import { playgroundRoutes } from "./playground.ts";
import { tgiRoutes } from "./tgi.ts";

export interface ApiOptions {
  readonly models: ApiModels;
  readonly metrics: ServerMetrics;
  /** As they are now. */
  readonly settings: () => ServerSettings;
  readonly token: string;
  /** 0 is any that is free. */
  readonly port: number;
  /** The loopback unless given. */
  readonly host?: string;
  readonly log: (line: string) => void;
  /** Folder of the built pages. */
  readonly pages: string;
  readonly limits?: Partial<ApiLimits>;
}

export interface Api {
  /** Without a slash at its end. */
  readonly address: string;
  /** A code behind the page's address, as `#code=CODE`, for which the page gets the token once. */
  issuePageCode(this: void): string;
  /** Ends what runs, and resolves when nothing is left of it. */
  stop(this: void): Promise<void>;
}

const defaultLimits: ApiLimits = { body: 4 * 2 ** 20, queue: 64, time: 10 * 60_000, stall: 30_000 };
const routes = [
  ...playgroundRoutes,
  ...modelRoutes,
  ...completionRoutes,
  ...chatRoutes,
  ...tgiRoutes,
  ...llamaServerRoutes,
];

/** Milliseconds in which a client that is refused may send the rest of what it sends, so that it reads why. */
const lingering = 1000;

/** @throws UserError when the port cannot be had */
export async function startApi({ host = "127.0.0.1", port, ...options }: ApiOptions): Promise<Api> {
  const limits = { ...defaultLimits, ...options.limits };
  const queue = { length: 0 };
  const pageCodes = new PageCodes();
  const server = http.createServer({ headersTimeout: 10_000, requestTimeout: 60_000 }, (request, response) => {
    void answer(request, response, { ...options, limits, pageCodes }, queue);
  });
  server.maxConnections = 4 * limits.queue;
  server.on("clientError", refuseMalformed);
  server.listen(port, host);
  await listening(server, port);
  const { address, family, port: actual } = server.address() as AddressInfo;
  return {
    address: `http://${family === "IPv6" ? `[${address}]` : address}:${actual}`,
    issuePageCode: () => pageCodes.issue(),
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listening(server: http.Server, port: number): Promise<void> {
  try {
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      l10n.t(
        "Port {0} cannot be used ({1}). Another window may serve there already: stop that, or choose another port.",
        String(port),
        reason,
      ),
      { action: "localApiPort" },
    );
  }
}

/** Never rejects. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    models,
    metrics,
    settings,
    token,
    limits,
    pages,
    pageCodes,
    log,
  }: Omit<ApiOptions, "host" | "port" | "limits"> & { readonly limits: ApiLimits; readonly pageCodes: PageCodes },
  queue: { length: number },
): Promise<void> {
  const ended = new AbortController();
  response.on("close", () => ended.abort());
  const timer = setTimeout(() => ended.abort(), limits.time);
  let entered = 0;
  try {
    checkOrigin(request.headers);
    const route = findRoute(request);
    if (!route.isOpen) checkToken(request.headers, token);
    if (route.isGeneration) {
      if (queue.length >= limits.queue) throw queueFull(queue.length);
      entered = 1;
      queue.length++;
    }
    const given = { request, response, models, metrics, limits, pages, token, pageCodes };
    await route.run({ ...given, settings: settings(), signal: ended.signal });
  } catch (error) {
    // That a client is gone is no failure, nor is what comes of it.
    if (response.destroyed) return;
    const failure = toApiError(error);
    metrics.addError(failure.code ?? failure.type);
    if (failure.status === 500) log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    refuse(request, response, failure);
  } finally {
    clearTimeout(timer);
    queue.length -= entered;
  }
}

/** @throws ApiError */
function findRoute({ method, url = "" }: IncomingMessage): Route {
  const [path] = url.split("?", 1);
  const there = routes.filter((each) => each.path === path);
  if (there.length === 0) throw new ApiError(404, "There is nothing at this path.", { code: "unknown_url" });
  const route = there.find((each) => each.method === method);
  if (route) return route;
  const methods = there.map((each) => each.method);
  throw new ApiError(405, `This path is asked with ${methods.join(" or ")}.`, {
    ...{ code: "method_not_allowed", allow: methods.join(", ") },
  });
}

function queueFull(length: number): ApiError {
  return new ApiError(429, `${length} requests run or wait already. Ask again later.`, {
    ...{ type: "rate_limit_error", code: "queue_full", retryAfter: 1 },
  });
}

function refuse(request: IncomingMessage, response: ServerResponse, failure: ApiError): void {
  if (response.headersSent) {
    // The answer has begun to stream: its last event says why it ends.
    response.end(`data: ${JSON.stringify(failure.toBody())}\n\n`);
    return;
  }
  if (failure.allow !== undefined) response.setHeader("allow", failure.allow);
  if (failure.retryAfter !== undefined) response.setHeader("retry-after", failure.retryAfter);
  sendJson({ response }, failure.toBody(), failure.status);
  // What it still sends is read and thrown away, for a while.
  setTimeout(() => {
    if (!request.complete) request.destroy();
  }, lingering).unref();
}

/** What is no HTTP. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  // In the midst of an answer, another one would be read as a part of it.
  if (!socket.writable || socket.bytesWritten > 0 || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, reason] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "Request Header Fields Too Large"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "Request Timeout"]
        : [400, "Bad Request"];
  const body = JSON.stringify(new ApiError(status, `${reason}.`, { code: "malformed_request" }).toBody());
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
