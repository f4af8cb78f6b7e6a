// Drafts the next tokens from what was there before: an edit repeats most of its input (prompt lookup decoding,
// https://github.com/apoorvumang/prompt-lookup-decoding).

/** The longest end of the text that is looked for; a longer one is found by it as well. */
const longestMatch = 3;

/** The tokens that followed the last time the text ended so, `length` at the most; none where it never did. */
export function draftTokens<Token>(tokens: readonly Token[], length: number): readonly Token[] {
  for (let match = Math.min(longestMatch, tokens.length - 1); match > 0; match--) {
    const end = tokens.slice(-match);
    for (let start = tokens.length - match - 1; start >= 0; start--) {
      if (end.every((token, i) => tokens[start + i] === token)) {
        return tokens.slice(start + match, start + match + length);
      }
    }
  }
  return [];
}
