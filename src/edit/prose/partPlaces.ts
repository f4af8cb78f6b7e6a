// Where the parts of a document stand that were asked for, while it changes.

import type { TextDocumentContentChangeEvent } from "vscode";

type Change = Pick<TextDocumentContentChangeEvent, "rangeOffset" | "rangeLength" | "text">;

export interface Place {
  readonly start: number;
  readonly end: number;
}

export class PartPlaces {
  readonly #changes: Change[] = [];

  follow(changes: readonly Change[]): void {
    // Offsets of one event are all those of before it: the last comes first, so that none is moved by another.
    this.#changes.push(...changes.toSorted((a, b) => b.rangeOffset - a.rangeOffset));
  }

  /** Where a part of the text that was asked for stands now; undefined where the user has changed it. */
  find({ start, end }: Place): Place | undefined {
    for (const { rangeOffset, rangeLength, text } of this.#changes) {
      if (rangeOffset + rangeLength <= start) {
        const moved = text.length - rangeLength;
        [start, end] = [start + moved, end + moved];
      } else if (rangeOffset < end) return undefined;
    }
    return { start, end };
  }
}
