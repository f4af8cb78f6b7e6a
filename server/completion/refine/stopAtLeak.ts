// A model's turn and infill tokens spelled out, and the fences of an answer, are no part of a document that has none.

import { type CompletionRequest, linePrefixOf } from "../request.ts";

/** Those that models have, by name: some languages have operators like `<|`, `|>`, `>>` and `<<`. */
const markers =
  /<\|(?:im_start|im_end|im_sep|endoftext|startoftext|(?:begin|end)_of_text|(?:start|end)_header_id|eo[mt]_id|system|user|assistant|(?:fim_)?(?:prefix|suffix|middle|pad))\|>|>>(?:TITLE|ABSTRACT|INTRODUCTION|SUMMARY|COMMENT|ANSWER|QUESTION|DOMAIN|PREFIX|SUFFIX|MIDDLE)<<|<fim[_-](?:prefix|suffix|middle|pad)>|\[\/INST\]/;
const fence = /^[ \t]*```/m;
/** A fence, and what opens and closes a comment or a string of several lines, which may have fences of its own. */
const fencesAndBlocks = /^[ \t]*```|"""|'''|\/\*|\*\//gm;
/** One of them that closes nothing: three quotes with a word behind them. */
const surelyOpens = /\/\*|(?:"""|''')(?=[\p{L}\p{N}])/u;
/** Documents of these languages may have their first fence. */
const fencedLanguages = new Set([
  ...["markdown", "mdx", "quarto", "rmd", "typst", "asciidoc", "restructuredtext"],
  ...["julia", "plaintext", "git-commit"],
]);

export function stopAtLeak(text: string, request: CompletionRequest): string {
  const { prefix, suffix, languageId } = request;
  const linePrefix = linePrefixOf(request);
  const marker = markers.exec(linePrefix + text);
  const leaks = [
    marker && !markers.test(prefix + suffix) ? marker.index - linePrefix.length : text.length,
    fencedLanguages.has(languageId) || fence.test(prefix + suffix) ? text.length : startOfFence(text, request),
  ];
  return text.slice(0, Math.max(0, Math.min(...leaks)));
}

/** Where the first fence of a text begins that is in no comment and no string; its length where there is none. */
function startOfFence(text: string, request: CompletionRequest): number {
  const { prefix, firstLine } = request;
  const opening = prefix.search(surelyOpens);
  // A prefix that begins in the middle of a document may begin in a string.
  const start = firstLine === 0 ? 0 : opening < 0 ? prefix.length - linePrefixOf(request).length : opening;
  const closerOf: Readonly<Record<string, string>> = { '"""': '"""', "'''": "'''", "/*": "*/" };
  let closer: string | undefined;
  for (const { 0: found, index } of (prefix + text).slice(start).matchAll(fencesAndBlocks)) {
    if (found === closer) closer = undefined;
    else if (closer === undefined && found.endsWith("```")) return start + index - prefix.length;
    else closer ??= closerOf[found];
  }
  return text.length;
}
