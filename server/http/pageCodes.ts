// Codes for the playground's address, each good for the token once: while a browser starts, other users of the machine can read
// the address that it is started with.

import { randomBytes } from "node:crypto";

/** Milliseconds in which a code is good: a browser may have to start. */
const validity = 120_000;

export class PageCodes {
  readonly #codes = new Set<string>();

  issue(): string {
    const code = randomBytes(24).toString("base64url");
    this.#codes.add(code);
    setTimeout(() => this.#codes.delete(code), validity).unref();
    return code;
  }

  /** Whether it was good, which it is no more. */
  take(code: string): boolean {
    return this.#codes.delete(code);
  }
}
