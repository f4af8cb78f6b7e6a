// The one generation that runs: a request that agrees with what it has written or may still write waits for it.

import { addAbortListener } from "node:events";

import { type Place, placeOf, typedSince } from "./place.ts";
import type { CompletionRequest } from "./request.ts";

/** Milliseconds in which the request after a key comes: the editor cancels the one before it first, and waits a little. */
const untilNextRequest = 250;

export class RunningGeneration {
  readonly #place: Place;
  readonly #ended = new AbortController();
  readonly #result: Promise<void>;
  #isSettled = false;
  #written = "";
  /** What the newest request has beyond the place that the generation began at. */
  #typed = "";
  #followers = 0;

  /** @param generate writes until its signal fires; `onText` gets all that is written after the cursor */
  constructor(
    request: CompletionRequest,
    generate: (onText: (written: string) => void, signal: AbortSignal) => Promise<void>,
  ) {
    this.#place = placeOf(request);
    this.#result = generate((written) => {
      this.#written = written;
      if (!this.#agrees(this.#typed)) this.stop();
    }, this.#ended.signal).finally(() => (this.#isSettled = true));
  }

  /** Whether it is still going, and a request's text is what it has written or may still write. */
  leadsTo(request: CompletionRequest): boolean {
    if (this.#isSettled) return false;
    const typed = typedSince(this.#place, request);
    return typed !== undefined && this.#agrees(typed);
  }

  /** Waits for the end in a request's name; false when the request is over before. */
  async follow(request: CompletionRequest, signal: AbortSignal): Promise<boolean> {
    this.#typed = typedSince(this.#place, request) ?? "";
    this.#followers++;
    let listener: Disposable | undefined;
    try {
      const cancelled = new Promise<boolean>((resolve) => {
        listener = addAbortListener(signal, () => resolve(false));
      });
      return await Promise.race([this.#result.then(() => !signal.aborted), cancelled]);
    } finally {
      listener?.[Symbol.dispose]();
      this.#followers--;
      if (this.#followers === 0 && !this.#isSettled) setTimeout(() => this.#stopAlone(), untilNextRequest).unref();
    }
  }

  stop(): void {
    this.#ended.abort();
  }

  /** Resolves when nothing of it runs any more. */
  async ended(): Promise<void> {
    await this.#result.catch(() => undefined);
  }

  #stopAlone(): void {
    if (this.#followers === 0) this.stop();
  }

  #agrees(typed: string): boolean {
    return this.#written.startsWith(typed) || typed.startsWith(this.#written);
  }
}
