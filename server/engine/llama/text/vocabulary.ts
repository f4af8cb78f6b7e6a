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
    if (text.includes("\n") || text.includes("\uFFFD")) return "";
    return this.beginningWith(text).length > 1 ? text : "";
  }

  /** All tokens whose text begins so. */
  beginningWith(start: string): readonly Token[] {
    const entries = this.#sorted;
    const from = firstNotBefore(entries, start);
    let to = from;
    while (entries[to]?.text.startsWith(start)) to++;
    return entries.slice(from, to).map(({ token }) => token);
  }
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

/** Index of the first entry that does not sort before the text. */
function firstNotBefore(entries: readonly Entry[], text: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.text ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
