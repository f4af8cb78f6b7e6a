// A model's tokens by how their text begins: what it takes to heal a word that a prompt cuts.

import type { LlamaModel, Token } from "node-llama-cpp";

import { Markers } from "./markers.ts";

interface Entry {
  readonly text: string;
  readonly token: Token;
}

export class Vocabulary {
  readonly markers: Markers;
  readonly #model: LlamaModel;
  readonly #sorted: readonly Entry[];

  /** Takes half a second for 131,072 tokens, which is better spent while a model loads than at the first key. */
  constructor(model: LlamaModel) {
    this.#model = model;
    this.markers = new Markers(model);
    this.#sorted = sortedTokens(model, this.markers);
  }

  /** The text of a token, if others begin with it; none across lines, and of whole characters only. */
  healed(token: Token): string {
    const text = this.#model.detokenize([token]);
    return isHealable(text) && this.countBeginningWith(text) > 1 ? text : "";
  }

  /** All tokens whose text begins so, the shortest first. */
  beginningWith(start: string): readonly Token[] {
    const [from, to] = this.#rangeOf(start);
    return this.#sorted.slice(from, to).map(({ token }) => token);
  }

  /** All tokens whose text is a beginning of the text, but not all of it. */
  beginningsOf(text: string): readonly Token[] {
    const tokens: Token[] = [];
    for (let length = text.length - 1; length > 0; length--) {
      const start = text.slice(0, length);
      const entry = this.#sorted[firstIndex(this.#sorted, 0, (each) => each.text >= start)];
      if (entry?.text === start) tokens.push(entry.token);
    }
    return tokens;
  }

  countBeginningWith(start: string): number {
    const [from, to] = this.#rangeOf(start);
    return to - from;
  }

  /** The texts of tokens with which more than so many tokens begin, and at most so many. */
  startsOf(more: number, most: number): readonly string[] {
    const starts: string[] = [];
    /** Each begins with the one before it, and the entry with the last. */
    const open: { readonly text: string; readonly index: number }[] = [];
    const closeUntil = (text: string, index: number) => {
      for (let last = open.at(-1); last && !text.startsWith(last.text); last = open.at(-1)) {
        const count = index - last.index;
        if (count > more && count <= most && isHealable(last.text)) starts.push(last.text);
        open.pop();
      }
    };
    for (const [index, { text }] of this.#sorted.entries()) {
      closeUntil(text, index);
      if (open.at(-1)?.text !== text) open.push({ text, index });
    }
    // No text begins with the open ones any more.
    closeUntil("", this.#sorted.length);
    return starts;
  }

  /** The first entry that begins so, and the first behind it that does not. */
  #rangeOf(start: string): readonly [number, number] {
    const from = firstIndex(this.#sorted, 0, ({ text }) => text >= start);
    return [from, firstIndex(this.#sorted, from, ({ text }) => !text.startsWith(start))];
  }
}

function isHealable(text: string): boolean {
  return text !== "" && !text.includes("\n") && !text.includes("\uFFFD");
}

function sortedTokens(model: LlamaModel, markers: Markers): Entry[] {
  const entries: Entry[] = [];
  for (const token of model.iterateAllTokens()) {
    if (model.isSpecialToken(token) || model.isEogToken(token)) continue;
    const text = model.detokenize([token]);
    if (!markers.has(text)) entries.push({ text, token });
  }
  return entries.sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** Index of the first entry from one on for which something holds: it holds for all behind that, and for none before. */
function firstIndex(entries: readonly Entry[], from: number, holds: (entry: Entry) => boolean): number {
  let low = from;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry && !holds(entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}
