// The prompt of a completion.

import type { InfillOrder, ServerSettings } from "../../src/shared/serverSettings.ts";
import type { PromptPart } from "../engine/engine.ts";
import type { SteadyText } from "./steadyWindow.ts";

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

/** What is known of a model, with the order that the user has set in the place of the one that it was trained in. */
export function inOrder<Info extends { readonly infill: boolean }>(
  info: Info,
  { infill: order = "auto" }: Pick<ServerSettings["inlineCompletion"], "infill">,
): Info & { readonly order: InfillOrder } {
  return { ...info, order, infill: info.infill && order !== "none" };
}

/**
 * Infilling where the model has the tokens: prefix-suffix-middle, which is how Falcon-H1-Tiny-Coder was trained
 * (https://tiiuae-tiny-h1-blogpost.hf.space/#fim-format), or the bundled model's suffix-prefix-middle
 * (training/README.md), unless the other one is set. Else plain continuation of the prefix. In each order a key changes the
 * end alone: what is typed begins the middle.
 * @param firstLine of `pathLine`
 * @param context what other places say (`contextParts`): first, since the next keys leave it as it is
 */
export function completionPrompt(
  { before, typed, suffix }: SteadyText,
  firstLine: string,
  {
    infill,
    demonstration,
    order = "auto",
  }: { readonly infill: boolean; readonly demonstration: boolean; readonly order?: InfillOrder },
  context: readonly PromptPart[] = [],
): PromptPart[] {
  // The next keys change this line, and leave the lines before it as they are.
  const lineStart = typed.lastIndexOf("\n") + 1;
  const lines: PromptPart[] = [typed.slice(0, lineStart), { stable: true }, typed.slice(lineStart), { cursor: true }];
  const start = firstLine + before;
  if (infill && (order === "auto" ? demonstration : order === "suffixFirst"))
    return [...context, { role: "prefix" }, { role: "suffix" }, suffix, { role: "middle" }, start, ...lines];
  if (infill) {
    const around: PromptPart[] = [{ role: "prefix" }, ...context, start, { stable: true }, { role: "suffix" }, suffix];
    return [...around, { role: "middle" }, { stable: true }, ...lines];
  }
  // A model needs something to continue: the token between documents begins one.
  return before + typed === "" ? [...context, { role: "eos" }] : [...context, start, ...lines];
}
