// Completions that the model gave a moment ago: whoever types what is shown sees the rest of it at once.

import { overlaps } from "../overlap.ts";
import type { CompletionRequest } from "./request.ts";
import type { RefinedCompletion } from "./refine/refine.ts";

/** Enough of the text on both sides to tell two places of a file apart. */
const tailLength = 1000;
const headLength = 200;
const capacity = 16;

interface Entry {
  readonly uri: string;
  readonly tail: string;
  readonly head: string;
  readonly completion: RefinedCompletion;
}

export class RecentCompletions {
  /** Newest first. */
  #entries: readonly Entry[] = [];

  add({ uri, prefix, suffix }: CompletionRequest, completion: RefinedCompletion): void {
    const entry = { uri, tail: prefix.slice(-tailLength), head: suffix.slice(0, headLength), completion };
    this.#entries = [entry, ...this.#entries].slice(0, capacity);
  }

  /** What is left of a completion whose beginning has been typed, if the text around it is the same. */
  find({ uri, prefix, suffix }: CompletionRequest): RefinedCompletion | undefined {
    const head = suffix.slice(0, headLength);
    for (const entry of this.#entries) {
      if (entry.uri !== uri || entry.head !== head) continue;
      const typed = typedLength(entry, prefix);
      if (typed !== undefined) return { ...entry.completion, text: entry.completion.text.slice(typed) };
    }
    return undefined;
  }
}

/** How much of the entry's text stands before the cursor already; undefined where it does not lead there. */
function typedLength({ tail, completion }: Entry, prefix: string): number | undefined {
  const written = tail + completion.text;
  return (
    [...overlaps(prefix, written), 0]
      .filter((length) => length >= tail.length && length < written.length)
      // A short tail is all that there was.
      .filter((length) => tail.length === tailLength || length === prefix.length)
      .map((length) => length - tail.length)
      .at(-1)
  );
}
