// What is asked for when a suggestion is accepted: the same document with the text in it, and the cursor behind that.

import type { RefinedCompletion } from "./refine/refine.ts";
import type { CompletionRequest } from "./request.ts";

/** Milliseconds for which a suggestion is shown before what follows it is written. */
export const lookedAtAfter = 300;

export function afterAcceptance(request: CompletionRequest, completion: RefinedCompletion): CompletionRequest {
  const { text, replacedLength } = completion;
  const { line, character } = request.range.start;
  const lines = (request.selected + text).split("\n");
  const column = (lines.length > 1 ? 0 : character) + (lines.at(-1) ?? "").length;
  const cursor = { line: line + lines.length - 1, character: column };
  return {
    ...request,
    automatic: true,
    prefix: request.prefix + text,
    suffix: request.suffix.slice(replacedLength),
    range: { start: cursor, end: cursor },
    selected: "",
  };
}
