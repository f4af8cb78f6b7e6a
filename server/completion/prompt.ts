// The prompt of a completion.

import type { PromptPart } from "../engine/engine.ts";
import type { CompletionWindow } from "./window.ts";

/**
 * Prefix-suffix-middle where the model has the tokens, which is how Falcon-H1-Tiny-Coder was trained
 * (https://tiiuae-tiny-h1-blogpost.hf.space/#fim-format); else plain continuation of the prefix.
 */
export function completionPrompt(
  { prefix, suffix }: CompletionWindow,
  { infill }: { readonly infill: boolean },
): PromptPart[] {
  // The next keys change this line, and leave the lines before it as they are.
  const lineStart = prefix.lastIndexOf("\n") + 1;
  const before: PromptPart[] = [
    prefix.slice(0, lineStart),
    { stable: true },
    prefix.slice(lineStart),
    { cursor: true },
  ];
  if (infill) return [{ role: "prefix" }, ...before, { role: "suffix" }, suffix, { role: "middle" }];
  // A model needs something to continue: the token between documents begins one.
  return prefix === "" ? [{ role: "eos" }] : before;
}
