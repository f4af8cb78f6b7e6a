// The prompt of a completion.

import type { PromptPart } from "../engine/engine.ts";
import type { CompletionWindow } from "./window.ts";

/** Longer paths, in bytes, take more of the prompt than they are worth. */
const longestPath = 200;

/**
 * The line that stands before a file's text: its path where the model was trained so, as the bundled one was
 * (training/README.md).
 */
export function pathLine(
  { path }: { readonly path: string },
  { demonstration }: { readonly demonstration: boolean },
): string {
  return demonstration && path !== "" && Buffer.byteLength(path) <= longestPath ? `${path}\n` : "";
}

/**
 * Infilling where the model has the tokens: prefix-suffix-middle, which is how Falcon-H1-Tiny-Coder was trained
 * (https://tiiuae-tiny-h1-blogpost.hf.space/#fim-format), or the bundled model's suffix-prefix-middle
 * (training/README.md). Else plain continuation of the prefix.
 * @param firstLine of `pathLine`
 */
export function completionPrompt(
  { prefix, suffix }: CompletionWindow,
  firstLine: string,
  { infill, demonstration }: { readonly infill: boolean; readonly demonstration: boolean },
): PromptPart[] {
  // The next keys change this line, and leave the lines before it as they are.
  const lineStart = prefix.lastIndexOf("\n") + 1;
  const before: PromptPart[] = [
    firstLine + prefix.slice(0, lineStart),
    { stable: true },
    prefix.slice(lineStart),
    { cursor: true },
  ];
  if (infill && demonstration) return [{ role: "prefix" }, { role: "suffix" }, suffix, { role: "middle" }, ...before];
  if (infill) return [{ role: "prefix" }, ...before, { role: "suffix" }, suffix, { role: "middle" }];
  // A model needs something to continue: the token between documents begins one.
  return prefix === "" ? [{ role: "eos" }] : before;
}
