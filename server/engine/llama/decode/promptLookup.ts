// Drafts the next tokens from what was there before: an edit repeats most of its input (prompt lookup decoding,
// https://github.com/apoorvumang/prompt-lookup-decoding).

/** The longest end of the text that is looked for; a longer one is found by it as well. */
const longestMatch = 3;

/** A growing text with an index of its n-grams: where each was last followed by another token. */
export class PromptLookup<Token extends number> {
  readonly #tokens: Token[] = [];
  /** For n-grams of 1, 2 and 3 tokens: the position after the last occurrence of each. */
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

  /**
   * So many tokens that followed the latest earlier occurrence of the text's end, from the start again where the text ends
   * before; none where there is no such place.
   */
  draft(length: number): readonly Token[] {
    for (let match = Math.min(longestMatch, this.#tokens.length); match > 0; match--) {
      const end = this.#ends[match - 1]?.get(this.#last(match));
      if (end === undefined) continue;
      const followed = this.#tokens.slice(end, end + length);
      return Array.from({ length }, (_, i) => followed[i % followed.length]).filter((token) => token !== undefined);
    }
    return [];
  }

  /** The last tokens as a key. With a large vocabulary two n-grams may share one: the model then rejects the draft. */
  #last(count: number): number {
    let key = 0;
    for (let i = this.#tokens.length - count; i < this.#tokens.length; i++)
      key = key * 2 ** 18 + (this.#tokens[i] ?? 0);
    return key;
  }
}
