// A suggestion of several lines that takes too long ends with the line that is being written: what there is is shown.

import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { isLeftOut, limited } from "./ablation.ts";
import type { CompletionRequest } from "./request.ts";

/** Why a text has ended. */
export const overdue = "overdue";

/**
 * Judges a text that grows: each call gets all of it, and the piece that came last. Whoever asks by a command waits.
 * @returns whether the time is over and the text has a whole line
 */
export function followTime(
  { automatic }: CompletionRequest,
  { timeLimit }: Pick<ServerSettings["inlineCompletion"], "timeLimit">,
): (text: string, piece: string) => boolean {
  const end =
    automatic && timeLimit !== undefined && !isLeftOut("timeLimit") ? performance.now() + limited(timeLimit) : Infinity;
  return (text, piece) =>
    piece.includes("\n") && performance.now() >= end && text.slice(0, text.lastIndexOf("\n")).trim() !== "";
}
