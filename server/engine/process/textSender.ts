// Sends a text while it is generated, beside the evaluation of the next step and not before it.

export class TextSender {
  readonly #send: (text: string) => void;
  #held = "";

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** The loop has given the next step to another thread before the event loop goes on. */
  push(text: string): void {
    if (this.#held === "") setImmediate(() => this.flush());
    this.#held += text;
  }

  /** Sends at once what is held. */
  flush(): void {
    const text = this.#held;
    this.#held = "";
    if (text !== "") this.#send(text);
  }
}
