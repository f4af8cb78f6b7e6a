// A model's turn and infill tokens spelled out, and the fences of an answer, are no part of a document that has none.

import { type CompletionRequest, linePrefixOf } from "../request.ts";

/** Those that models have, by name: some languages have operators like `<|`, `|>`, `>>` and `<<`. */
const markers =
  /<\|(?:im_start|im_end|im_sep|endoftext|startoftext|(?:begin|end)_of_text|(?:start|end)_header_id|eo[mt]_id|system|user|assistant|(?:fim_)?(?:prefix|suffix|middle|pad))\|>|>>(?:TITLE|ABSTRACT|INTRODUCTION|SUMMARY|COMMENT|ANSWER|QUESTION|DOMAIN|PREFIX|SUFFIX|MIDDLE)<<|<fim[_-](?:prefix|suffix|middle|pad)>|\[\/INST\]/;
/** One that is indented is most often a comment's or a docstring's. */
const fence = /^```/m;
/** Documents of these languages may have their first fence. */
const fencedLanguages = new Set(["markdown", "mdx", "quarto", "rmd"]);

export function stopAtLeak(text: string, request: CompletionRequest): string {
  const linePrefix = linePrefixOf(request);
  const leaks = fencedLanguages.has(request.languageId) ? [markers] : [markers, fence];
  return leaks.reduce((left, leak) => {
    const found = leak.exec(linePrefix + left);
    const isNew = found && !leak.test(request.prefix + request.suffix);
    return isNew ? left.slice(0, Math.max(0, found.index - linePrefix.length)) : left;
  }, text);
}
