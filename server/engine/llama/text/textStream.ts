// Turns generated text into pieces that may be shown: whole characters, and nothing of a stop string.

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
    const end = firstIndexOf(pending, this.#stop);
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

function firstIndexOf(text: string, needles: readonly string[]): number | undefined {
  const found = needles.map((needle) => text.indexOf(needle)).filter((index) => index >= 0);
  return found.length > 0 ? Math.min(...found) : undefined;
}

/** Length of the longest end of the text that begins one of the stop strings. */
function heldLength(text: string, stop: readonly string[]): number {
  const longest = Math.max(0, ...stop.map((each) => each.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (stop.some((each) => each.startsWith(end))) return length;
  }
  return 0;
}
