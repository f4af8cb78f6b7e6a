// A server on the loopback that plays what servers of models are documented to say, or anything else.

import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Model } from "../../server/engine/engine.ts";
import type { Patience } from "../../server/engine/remote/connection.ts";
import { RemoteHost } from "../../server/engine/remote/remoteHost.ts";
import type { UserError } from "../../server/userError.ts";
import type { RemoteServer } from "../../src/shared/serverSettings.ts";

export interface Asked {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

/** Answers requests for a path: with JSON, or by itself. */
export type Answer = object | ((response: http.ServerResponse, asked: Asked) => unknown);

export interface PlayedServer {
  readonly address: string;
  readonly asked: Asked[];
  /** What it answers from now on. */
  readonly answers: Record<string, Answer>;
  readonly dispose: () => Promise<void>;
}

export async function playServer(answers: Record<string, Answer>): Promise<PlayedServer> {
  const asked: Asked[] = [];
  const server = http.createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const path = request.url ?? "";
      const one: Asked = { path, headers: request.headers, body: text === "" ? undefined : JSON.parse(text) };
      asked.push(one);
      const answer = answers[path];
      if (typeof answer === "function") await answer(response, one);
      else if (answer) response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
      else fail(404, { detail: "Not Found" })(response);
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    dispose: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Answers with a status. */
export function fail(status: number, body: object | string, headers: Readonly<Record<string, string>> = {}) {
  return (response: http.ServerResponse): void => {
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Answers with the text of a stream of events, in pieces; it ends the connection unless `end` is false. */
export function stream(pieces: readonly (string | Uint8Array)[], { end = true } = {}) {
  return async (response: http.ServerResponse): Promise<void> => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) {
      response.write(piece);
      await sleep(1);
    }
    if (end) response.end();
  };
}

export const events = (...data: readonly unknown[]): string =>
  data.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`).join("");

/** Times that a test need not wait for long. */
export const quick: Patience = { answer: 30_000, piece: 30_000, retry: 1, waking: 30_000 };

export interface ConnectOptions {
  readonly key?: string;
  readonly patience?: Partial<Patience>;
  readonly onNote?: (note: string | undefined) => void;
  readonly onFailed?: (failure: UserError) => void;
}

/** The model of a server, and what gives it back. */
export async function connect(
  server: Pick<RemoteServer, "address" | "kind"> & Partial<RemoteServer>,
  { key, patience, onNote = () => undefined, onFailed = () => undefined }: ConnectOptions = {},
): Promise<{ readonly model: Model; readonly host: RemoteHost }> {
  const host = new RemoteHost({
    key: () => Promise.resolve(key),
    network: () => ({}),
    onNote,
    onFailed,
    patience: { ...quick, ...patience },
  });
  try {
    const markers = ["<|im_start|>", "<|im_end|>", "<|system|>", "<|user|>", "<|assistant|>"];
    return { model: await host.load({ server: { name: "box", ...server }, markers }), host };
  } catch (error) {
    await host.dispose();
    throw error;
  }
}
