// Where a completion ought to end: judged while it streams, so that decoding stops there.

import { longestPeriod, loopAtEnd } from "../repetition.ts";
import { isLeftOut } from "./ablation.ts";
import { followBlock } from "./blockEnd.ts";
import { followLines } from "./repeatedLines.ts";
import type { CompletionRequest } from "./request.ts";

/** What comes so many times in a row does not end by itself: `refine` leaves one of it. */
const endlessTimes = 6;

/**
 * Judges a text that grows: each call gets all of it as far as it is written, and reads only what is new.
 * @returns the length at which the text ends, or undefined where it may go on
 */
export function followEnd(request: CompletionRequest): (text: string) => number | undefined {
  const endOfBlock = followBlock(request);
  const startOfRepetition = isLeftOut("repeatedLines") ? () => undefined : followLines();
  return (text) => {
    const ends = [endOfBlock(text), startOfRepetition(text)].filter((end) => end !== undefined);
    if (ends.length > 0) return Math.min(...ends);
    const isEndless = !isLeftOut("loops") && loopAtEnd(text.slice(-endlessTimes * longestPeriod), endlessTimes);
    return isEndless ? text.length : undefined;
  };
}
