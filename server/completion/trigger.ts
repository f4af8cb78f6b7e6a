// Whether a completion is worth asking for.

import type { Suggestions } from "../../src/shared/protocol.ts";
import { type CompletionRequest, lineSuffixOf } from "./request.ts";

/** Ends of a line that a completion of the line can stand before: closing brackets, quotes and punctuation. */
const closers = /^[\s)\]}>'"`;,:]*$/;

export function shouldComplete(
  request: CompletionRequest,
  { infill }: { readonly infill: boolean },
  suggestions?: Suggestions,
): boolean {
  if (!request.automatic) return true;
  if (suggestions === "onCommand") return false;
  if (request.prefix.trim() === "" && request.suffix.trim() === "") return false;
  const after = lineSuffixOf(request);
  // Inside a word nobody waits for a completion; without infill the model does not know what follows.
  return infill ? !/^[\p{L}\p{N}_$]/u.test(after) : closers.test(after);
}
