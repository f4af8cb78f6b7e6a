// The connection to one server: requests that are tried again where that is safe, and answers that stream.

import { setTimeout as pause } from "node:timers/promises";
// eventsource-parser: server-sent events in pieces of any size, kept by the author of the `eventsource` package (MIT).
import { createParser } from "eventsource-parser";
import type { Dispatcher } from "undici";
import * as v from "valibot";

import type { RemoteServer } from "../../../src/shared/serverSettings.ts";
import type { Network } from "../../network.ts";
import { connectionFailure } from "./connectionFailures.ts";
import { answerFailure, badAnswer, cutOff, RemoteError, stalled } from "./failures.ts";

/** The times that a server has, in milliseconds. */
export interface Patience {
  /** Until an answer begins: a long prompt takes its time. */
  readonly answer: number;
  /** Between two pieces of it. */
  readonly piece: number;
  /** Before a request is tried again for the first time. */
  readonly retry: number;
  /** In which a server that is asleep is to wake. */
  readonly waking: number;
}

export const patience: Patience = { answer: 300_000, piece: 60_000, retry: 500, waking: 600_000 };

export interface ConnectionOptions {
  readonly server: RemoteServer;
  readonly address: URL;
  readonly key: string | undefined;
  readonly network: Network;
  readonly patience: Patience;
  /** Told while a server is waited for that is asleep, and once it is awake. */
  readonly onWaking: (isWaking: boolean) => void;
}

/** How often something is tried that may pass, but for a server that wakes. */
const tries = 4;
/** The longest that a server may ask to be left alone without the request ending, in milliseconds. */
const longestWait = 20_000;
/** The longest pause between two tries, in milliseconds. */
const longestPause = 5_000;
/** Characters of an answer, or of one event, beyond which it is none. */
const longestAnswer = 2 ** 24;

type Body = Dispatcher.ResponseData["body"];

export class Connection {
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get server(): RemoteServer {
    return this.#options.server;
  }

  /**
   * The answer to a request that changes nothing.
   * @param body of a POST; a GET without one
   * @throws RemoteError, or the signal's reason
   */
  async ask<T>(path: string, body: unknown, schema: v.GenericSchema<unknown, T>, signal: AbortSignal): Promise<T> {
    const text = await this.#textOf(await this.#open(path, body, signal), signal);
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      throw badAnswer(this.server, path, text);
    }
    const read = v.safeParse(schema, data);
    if (read.success) return read.output;
    throw badAnswer(this.server, path, text);
  }

  /** Whether the server knows a path, by its answer with JSON. */
  async has(path: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.ask(path, undefined, v.looseObject({}), signal);
      return true;
    } catch (error) {
      if (error instanceof RemoteError && ["notFound", "badAnswer", "refused"].includes(error.kind)) return false;
      throw error;
    }
  }

  /**
   * The data of the events of an answer, each as it comes.
   * @throws RemoteError, or the signal's reason
   */
  async *stream(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<unknown, void, void> {
    const { server } = this;
    const opened = await this.#open(path, body, signal);
    const decoder = new TextDecoder();
    const events: string[] = [];
    let seen = "";
    const parser = createParser({ onEvent: ({ data }) => void events.push(data), maxBufferSize: longestAnswer });
    try {
      for await (const bytes of opened as AsyncIterable<Uint8Array>) {
        const text = decoder.decode(bytes, { stream: true });
        if (seen.length < 1000) seen += text;
        parser.feed(text);
        for (const data of events.splice(0)) {
          if (data === "[DONE]") return;
          yield parsed(data) ?? notParsed(server, path, data);
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RemoteError) throw error;
      throw this.#brokenOff(error, seen !== "");
    } finally {
      // The request ends with who reads it: closed, the server generates no more.
      opened.destroy();
    }
    // Not one event: it is another format. llama-server and others send an error so, too.
    if (!/^(?:data|event|id|retry)?:/m.test(seen)) throw badAnswer(server, path, seen);
    throw cutOff(server, true);
  }

  /** All of an answer. */
  async #textOf(body: Body, signal: AbortSignal): Promise<string> {
    try {
      return await readText(body);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#brokenOff(error, false);
    }
  }

  /** @param isKept whether what came is kept */
  #brokenOff(error: unknown, isKept: boolean): RemoteError {
    const { server, patience } = this.#options;
    const { code = "" } = error as { readonly code?: string };
    return code === "UND_ERR_BODY_TIMEOUT" ? stalled(server, patience.piece / 1000, isKept) : cutOff(server, isKept);
  }

  /** Nothing has come of the answer yet while this runs, so that the request may be sent again. */
  async #open(path: string, body: unknown, signal: AbortSignal): Promise<Body> {
    const { server, patience, onWaking } = this.#options;
    const wakes = performance.now() + patience.waking;
    let isWaking = false;
    try {
      for (let i = 1; ; i++) {
        try {
          return await this.#send(path, body, signal);
        } catch (error) {
          if (!(error instanceof RemoteError) || !error.passes) throw error;
          const wait = error.retryAfter ?? Math.min(patience.retry * 2 ** (i - 1), longestPause);
          const mayWake = error.kind === "asleep" && server.kind === "endpoint" && performance.now() + wait < wakes;
          if (!mayWake && (i >= tries || wait > longestWait)) throw error;
          if (error.kind === "asleep" && !isWaking) onWaking((isWaking = true));
          await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
      }
    } finally {
      if (isWaking) onWaking(false);
    }
  }

  async #send(path: string, body: unknown, signal: AbortSignal): Promise<Body> {
    const { server, address, key, network, patience } = this.#options;
    const { request } = await import("undici");
    const url = urlOf(address, path);
    const headersTimeout = server.kind === "endpoint" ? patience.waking : patience.answer;
    signal.throwIfAborted();
    try {
      const {
        statusCode,
        headers,
        body: opened,
      } = await request(url, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          "user-agent": "falcon-vscode",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          // The request waits at Hugging Face while the endpoint starts.
          ...(server.kind === "endpoint" && { "x-scale-up-timeout": String(Math.ceil(patience.waking / 1000)) }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        dispatcher: network.dispatcher,
        headersTimeout,
        bodyTimeout: patience.piece,
        signal,
      });
      if (statusCode === 200) return opened;
      throw answerFailure({ status: statusCode, headers, body: await readText(opened).catch(() => "") }, server, path);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RemoteError) throw error;
      const { code } = error as { readonly code?: string };
      if (code === "UND_ERR_HEADERS_TIMEOUT") throw stalled(server, headersTimeout / 1000, false);
      throw connectionFailure(error, server, url.host) ?? error;
    }
  }
}

/** A path below an address. What the address asks for with `?` goes with each request. */
function urlOf(address: URL, path: string): URL {
  const url = new URL(address);
  // OpenAI's interface is often named with its version.
  url.pathname = address.pathname.replace(/\/+(?:v1\/*)?$/, "") + path;
  return url;
}

/** All of an answer, up to the length of the longest. */
async function readText(body: Body): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > longestAnswer) break;
  }
  return text;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return undefined;
  }
}

function notParsed(server: RemoteServer, path: string, data: string): never {
  throw badAnswer(server, path, data);
}
