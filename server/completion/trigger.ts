// Whether a completion is worth asking for.

import type { ServerSettings, Suggestions } from "../../src/shared/serverSettings.ts";
import { type CompletionRequest, lineSuffixOf } from "./request.ts";
import type { PlaceInSyntax } from "./syntax/placeInSyntax.ts";

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

/** Where in a document nothing is completed by itself, as the settings say of its language. */
export function placesLeftOut(
  { automatic, languageId }: CompletionRequest,
  { comments, strings }: ServerSettings["inlineCompletion"],
): readonly PlaceInSyntax[] {
  const isLeftOut = (setting: typeof comments = {}) =>
    automatic && !((Object.hasOwn(setting, languageId) ? setting[languageId] : setting["*"]) ?? true);
  return [...(isLeftOut(comments) ? (["comment"] as const) : []), ...(isLeftOut(strings) ? (["string"] as const) : [])];
}
