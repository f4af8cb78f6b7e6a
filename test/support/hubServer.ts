// A hub and the store that it sends on to, as two HTTP servers on the loopback, which misbehave in every way that is known.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

import { catalogue } from "../../server/models/catalogue/catalogue.ts";

export interface SeenRequest {
  readonly server: "hub" | "store";
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** How a server answers in place of what it would. */
export type Fault = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export const status =
  (code: number, headers: http.OutgoingHttpHeaders = {}): Fault =>
  (_, response) => {
    response.writeHead(code, headers);
    response.end("no file");
  };

export class HubServer {
  readonly requests: SeenRequest[] = [];
  /** Each answers one request to the hub, in order, before the hub answers by itself again. */
  readonly hubFaults: Fault[] = [];
  readonly storeFaults: Fault[] = [];
  /** At each of these bytes of a file the store stops once, until `cut`; where nothing comes before it, it cuts by itself. */
  cuts: number[] = [];
  /** The token that the hub wants. */
  token: string | undefined;
  withoutRanges = false;
  withoutHash = false;
  withoutEtag = false;
  withoutLength = false;
  readonly #hub = http.createServer((request, response) => this.#answerHub(request, response));
  readonly #store = http.createServer((request, response) => this.#answerStore(request, response));
  readonly #files = new Map<string, Buffer>();
  #signature = 0;
  #hanging: http.ServerResponse | undefined;

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const each of [server.#hub, server.#store]) {
      each.listen(0, "127.0.0.1");
      await once(each, "listening");
    }
    return server;
  }

  get endpoint(): string {
    return originOf(this.#hub);
  }

  get store(): string {
    return originOf(this.#store);
  }

  /** Puts a file into a repository, or another into its place. */
  put(repository: string, file: string, content: Buffer): void {
    this.#files.set(`/${repository}/resolve/main/${file}`, content);
  }

  /** Puts content into the place of each file of a model of the catalogue, whichever is best on this machine. */
  offer(name: string, content: Buffer): void {
    const model = catalogue.find((each) => each.name === name);
    assert.ok(model, name);
    for (const { repository, files } of model.gguf) for (const file of files) this.put(repository, file.name, content);
  }

  /** Goes back to good behaviour. */
  behave(): void {
    this.requests.length = 0;
    this.hubFaults.length = 0;
    this.storeFaults.length = 0;
    this.cuts = [];
    this.token = undefined;
    this.withoutRanges = this.withoutHash = this.withoutEtag = this.withoutLength = false;
  }

  /** Ends the connection that has stopped. Whoever has received what was sent calls it, since a client may drop the rest. */
  cut(): void {
    this.#hanging?.socket?.end();
  }

  async stop(): Promise<void> {
    for (const each of [this.#hub, this.#store]) {
      const closed = once(each, "close");
      each.close();
      each.closeAllConnections();
      await closed;
    }
  }

  #answerHub(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.#record("hub", request);
    const fault = this.hubFaults.shift();
    if (fault) {
      fault(request, response);
      return;
    }
    const path = decodeURI(request.url ?? "");
    const content = this.#files.get(path);
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      const isKnown = request.headers.authorization !== undefined;
      status(isKnown ? 403 : 401, { "x-error-code": "GatedRepo" })(request, response);
    } else if (path.startsWith("/api/models/")) {
      this.#answerTree(/^\/api\/models\/(.+)\/tree\/main$/.exec(path)?.[1] ?? "", response);
    } else if (!content) {
      status(404, { "x-error-code": "EntryNotFound" })(request, response);
    } else {
      response.writeHead(302, {
        location: `${this.store}${encodeURI(path)}?signature=${++this.#signature}`,
        ...(!this.withoutHash && { "x-linked-etag": `"${sha256(content)}"` }),
        "x-linked-size": String(content.length),
      });
      response.end();
    }
  }

  /** The files of a repository, and its folders. */
  #answerTree(repository: string, response: http.ServerResponse): void {
    const beginning = `/${repository}/resolve/main/`;
    const files = [...this.#files].flatMap(([path, { length }]) =>
      path.startsWith(beginning) ? [{ type: "file", path: path.slice(beginning.length), size: length }] : [],
    );
    const entries = files.filter(({ path }) => !path.includes("/"));
    const folders = new Set(files.filter((file) => !entries.includes(file)).map(({ path }) => path.split("/")[0]));
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify([...entries, ...Array.from(folders, (path) => ({ type: "directory", path, size: 0 }))]),
    );
  }

  /** A signed address is good for one request. */
  #answerStore(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.#record("store", request);
    const fault = this.storeFaults.shift();
    if (fault) {
      fault(request, response);
      return;
    }
    const url = new URL(request.url ?? "", this.store);
    const content = this.#files.get(decodeURI(url.pathname));
    if (!content || url.searchParams.get("signature") !== String(this.#signature)) {
      status(403)(request, response);
      return;
    }
    const { start, end, isPart } = this.#rangeOf(request, content);
    if (isPart && start >= content.length) {
      status(416, { "content-range": `bytes */${content.length}` })(request, response);
      return;
    }
    response.writeHead(isPart ? 206 : 200, {
      ...(isPart && { "content-range": `bytes ${start}-${end - 1}/${content.length}` }),
      ...(!this.withoutLength && { "content-length": end - start }),
      ...(!this.withoutEtag && { etag: etagOf(content) }),
    });
    this.#sendBody(response, content, start, end);
  }

  /** Which bytes of a file are asked for. */
  #rangeOf({ headers }: http.IncomingMessage, content: Buffer): { start: number; end: number; isPart: boolean } {
    const ifRange = headers["if-range"];
    const [, start, last = ""] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
    const isPart = start !== undefined && !this.withoutRanges && (ifRange === undefined || ifRange === etagOf(content));
    if (!isPart) return { start: 0, end: content.length, isPart };
    return {
      start: Number(start),
      end: last === "" ? content.length : Math.min(Number(last) + 1, content.length),
      isPart,
    };
  }

  #sendBody(response: http.ServerResponse, content: Buffer, start: number, end: number): void {
    const cut = this.cuts.findIndex((byte) => byte >= start && byte < end);
    if (cut < 0) {
      response.end(content.subarray(start, end));
      return;
    }
    const [byte = 0] = this.cuts.splice(cut, 1);
    this.#hanging = response;
    response.flushHeaders();
    response.write(content.subarray(start, byte));
    if (byte === start) this.cut();
  }

  #record(server: SeenRequest["server"], { method = "", url = "", headers }: http.IncomingMessage): void {
    this.requests.push({ server, method, url, headers });
  }
}

export function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Of the content, but no hash that a client could take for the hub's. */
function etagOf(content: Buffer): string {
  return `"store-${sha256(content).slice(0, 8)}"`;
}

function originOf(server: http.Server): string {
  const address = server.address() as AddressInfo | null;
  assert.ok(address);
  return `http://127.0.0.1:${address.port}`;
}
