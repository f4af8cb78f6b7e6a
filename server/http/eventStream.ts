// An answer that streams as server-sent events. A client that reads slowly gets longer pieces: no more than the text that it
// has not read is kept. One that reads nothing for long is let go.

import type { ServerResponse } from "node:http";

export class EventStream {
  readonly #response: ServerResponse;
  readonly #format: (text: string) => object;
  readonly #patience: number;
  #unread = "";
  #isFull = false;

  /**
   * @param format an event of a piece of text
   * @param patience milliseconds that a client may read nothing while something waits for it
   */
  constructor(response: ServerResponse, format: (text: string) => object, patience: number) {
    this.#response = response;
    this.#format = format;
    this.#patience = patience;
    response.on("drain", () => this.#drained());
  }

  push(text: string): void {
    this.#unread += text;
    if (!this.#isFull) this.#flush();
  }

  /** An event that is no piece of text; what is unread comes before it. */
  send(event: object | string): void {
    this.#flush();
    this.#write(event);
  }

  end(): void {
    this.#flush();
    this.#response.end();
  }

  #flush(): void {
    if (this.#unread === "") return;
    const text = this.#unread;
    this.#unread = "";
    this.#write(this.#format(text));
  }

  #write(event: object | string): void {
    // The client is gone.
    if (this.#response.destroyed) return;
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
      });
    }
    const data = typeof event === "string" ? event : JSON.stringify(event);
    this.#isFull = !this.#response.write(`data: ${data}\n\n`);
    // The socket's own timer knows what of a write the client has read; its end destroys the socket.
    if (this.#isFull) this.#response.socket?.setTimeout(this.#patience);
  }

  #drained(): void {
    this.#response.socket?.setTimeout(0);
    this.#isFull = false;
    this.#flush();
  }
}
