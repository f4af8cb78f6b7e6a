// What a model suggested at a place, held against what was written there.

import type { Place } from "./places.ts";

export interface Answer {
  /** Characters of the truth that the suggestion begins with. */
  readonly kept: number;
  /** Whether its line is that of the truth. */
  readonly isExact: boolean;
  readonly isShown: boolean;
  readonly milliseconds: number;
}

/** Of a line only the rest of the line is asked for. */
export function judge(shown: string | undefined, { kind, truth }: Place, milliseconds: number): Answer {
  const line = (text: string) => text.split("\n", 1)[0]?.trimEnd() ?? "";
  const text = kind === "line" ? line(shown ?? "") : (shown ?? "");
  return {
    kept: commonCharacters(text, truth),
    isExact: line(text) === line(truth),
    isShown: shown !== undefined,
    milliseconds,
  };
}

function commonCharacters(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const different = right.findIndex((character, i) => character !== left[i]);
  return different < 0 ? right.length : different;
}
