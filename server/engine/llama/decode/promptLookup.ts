// Drafts the next tokens from what was there before: an edit repeats most of its input (prompt lookup decoding,
// https://github.com/apoorvumang/prompt-lookup-decoding).

/** The longest end of the text that is looked for; a longer one is found by it as well. */
const longestMatch = 3;

/** A text that grows, and where each of its pieces of one to three tokens was last followed by another token. */
export class PromptLookup<Token extends number> {
  readonly #tokens: Token[] = [];
  /** By the length of a piece less one, and then by its tokens: how many tokens the text had at its end. */
  readonly #ends = Array.from({ length: longestMatch }, () => new Map<number, number>());

  constructor(tokens: readonly Token[]) {
    for (const token of tokens) this.push(token);
  }

  push(token: Token): void {
    for (const [i, ends] of this.#ends.entries()) {
      if (this.#tokens.length > i) ends.set(this.#last(i + 1), this.#tokens.length);
    }
    this.#tokens.push(token);
  }

  /** The tokens that followed the last time the text ended so, `length` at the most; none where it never did. */
  draft(length: number): readonly Token[] {
    for (let match = Math.min(longestMatch, this.#tokens.length); match > 0; match--) {
      const end = this.#ends[match - 1]?.get(this.#last(match));
      if (end !== undefined) return this.#tokens.slice(end, end + length);
    }
    return [];
  }

  /** The last tokens, as a key. Two that are the same for a large vocabulary cost a draft that the model rejects. */
  #last(count: number): number {
    let key = 0;
    for (let i = this.#tokens.length - count; i < this.#tokens.length; i++)
      key = key * 2 ** 18 + (this.#tokens[i] ?? 0);
    return key;
  }
}
