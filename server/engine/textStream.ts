// Turns generated text into pieces that may be shown: whole characters, and nothing of a stop string.

import { overlaps } from "../overlap.ts";

/** What `TextStream.push` lets through, and whether a stop string ended the text. */
export interface StreamedText {
  readonly text: string;
  readonly stopped: boolean;
}

export class TextStream {
  readonly #stop: readonly string[];
  /** Text that may turn out to begin a stop string. */
  #held = "";

  constructor(stop: readonly string[]) {
    this.#stop = stop;
  }

  push(text: string): StreamedText {
    const pending = this.#held + text;
    const end = firstStop(pending, this.#stop);
    if (end !== undefined) {
      this.#held = "";
      return { text: pending.slice(0, end), stopped: true };
    }
    const held = heldLength(pending, this.#stop);
    this.#held = pending.slice(pending.length - held);
    return { text: pending.slice(0, pending.length - held), stopped: false };
  }

  /** What was held back, once no more text comes. */
  flush(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}

/** Where the stop string begins that is whole first, whatever pieces it comes in; the longest of several. */
function firstStop(text: string, stop: readonly string[]): number | undefined {
  const found = stop
    .map((each) => ({ start: text.indexOf(each), length: each.length }))
    .filter(({ start }) => start >= 0)
    .sort((a, b) => a.start + a.length - (b.start + b.length) || a.start - b.start);
  return found[0]?.start;
}

/** Length of the longest end of the text that begins one of the stop strings. */
function heldLength(text: string, stop: readonly string[]): number {
  return Math.max(0, ...stop.map((each) => overlaps(text, each)[0] ?? 0));
}
