// What the model gave a moment ago: whoever types what is shown sees the rest of it at once, also after a deletion or undo.

import { moved } from "./gate.ts";
import { deletedSince, type Place, placeOf, typedSince } from "./place.ts";
import { isUnchanged } from "./refine/isUnchanged.ts";
import { replacedLengthOf } from "./refine/replacedLength.ts";
import type { RefinedCompletion } from "./refine/refine.ts";
import { trimSuffixOverlap } from "./refine/trimSuffixOverlap.ts";
import { type CompletionRequest, lineSuffixOf } from "./request.ts";

const capacity = 64;

interface Entry {
  readonly place: Place;
  /** Undefined where there was nothing to show. */
  readonly completion: RefinedCompletion | undefined;
}

/** What is known of a request without the model; `completion` is undefined where there is nothing to show. */
export interface Remembered {
  readonly completion: RefinedCompletion | undefined;
}

export class RecentCompletions {
  /** Newest first. */
  #entries: readonly Entry[] = [];

  add(request: CompletionRequest, completion: RefinedCompletion | undefined): void {
    this.#entries = [{ place: placeOf(request), completion }, ...this.#entries].slice(0, capacity);
  }

  /**
   * What is left of a completion whose beginning has been typed, or of one whose beginning is a word of which the end has been
   * deleted; or that there was nothing at the same place, unless the user asks for more than what comes by itself.
   */
  find(request: CompletionRequest): Remembered | undefined {
    for (const { place, completion } of this.#entries) {
      const typed = typedSince(place, request);
      if (!completion) {
        if (typed === "" && request.automatic) return { completion };
      } else if (typed !== undefined && completion.text.startsWith(typed)) {
        const rest = afterTyping(completion, typed.length, request);
        if (rest) return { completion: rest };
      }
    }
    return this.#findBeforeDeletion(request);
  }

  #findBeforeDeletion(request: CompletionRequest): Remembered | undefined {
    for (const { place, completion } of this.#entries) {
      const deleted = deletedSince(place, request);
      if (completion && deleted !== undefined)
        return {
          completion: { ...completion, text: deleted + completion.text, ...tokensAt(completion, deleted.length) },
        };
    }
    return undefined;
  }
}

/** The rest of a completion, of which the editor may have closed brackets by itself. */
function afterTyping(
  completion: RefinedCompletion,
  typed: number,
  request: CompletionRequest,
): RefinedCompletion | undefined {
  if (typed === 0) return completion;
  const text = trimSuffixOverlap(completion.text.slice(typed), request.suffix).trimEnd();
  const lineSuffix = lineSuffixOf(request);
  const replacedLength = replacedLengthOf(text, lineSuffix);
  if (isUnchanged(text, lineSuffix, replacedLength)) return undefined;
  return { text, replacedLength, ...tokensAt(completion, -typed) };
}

/** What was typed agrees with a completion, so how unlikely that was does not count against the rest. */
function tokensAt({ tokens }: RefinedCompletion, distance: number): Pick<RefinedCompletion, "tokens"> {
  return tokens ? { tokens: moved(tokens, distance) } : {};
}
