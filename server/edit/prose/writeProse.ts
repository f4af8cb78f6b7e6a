// Rewrites the prose of a document with a model, as a command of the table says.

import type { ProsePart, RewriteProseParams, RewriteProseResult } from "../../../src/shared/prose.ts";
import { needsRealModel } from "../../chat/demonstration.ts";
import { type EditOptions, editText } from "../editText.ts";
import { maskStrings } from "./maskStrings.ts";
import { type Rewrite, rewriteProse } from "./rewrite.ts";

/** Characters that a small model rewrites without losing its way. */
const longest = 1200;

/** The part of a context's tokens that so many characters may be, in whatever script: they are read, and written again. */
const charactersPerToken = 0.3;

export async function writeProse(
  { command, language, uri, languageId, text, start, end }: Omit<RewriteProseParams, "partialResultToken">,
  options: EditOptions,
  onPart: (part: ProsePart) => void,
  signal: AbortSignal,
): Promise<RewriteProseResult> {
  const { info } = options.model;
  if (info.demonstration) return { total: 0, stopReason: "end", problem: needsRealModel(info) };
  const ended = new AbortController();
  let stopReason: RewriteProseResult["stopReason"] = "end";
  const rewrite: Rewrite = async (shown) => {
    const asked = { command, uri, languageId: "text", text: shown, before: "", after: "" };
    const all = { ...asked, ...(language !== undefined && { instruction: language }) };
    const result = await editText(all, options, () => undefined, signal);
    if (result.stopReason === "end") return result.text;
    if (result.stopReason === "limit") return undefined;
    ({ stopReason } = result);
    ended.abort();
    return undefined;
  };
  const total = await rewriteProse(
    {
      text,
      masked: options.parser ? maskStrings(text, options.parser) : text,
      languageId,
      selected: { start, end },
      mayAdd: command === "expand",
      longest: Math.min(longest, Math.floor(info.contextSize * charactersPerToken)),
    },
    rewrite,
    (part, all) => onPart({ ...part, total: all }),
    AbortSignal.any([signal, ended.signal]),
  );
  return { total, stopReason: signal.aborted ? "aborted" : stopReason };
}
