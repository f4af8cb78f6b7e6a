// A model's markers: the tokens that structure a prompt, such as `<|im_end|>`, of whatever type its file says they are.

import type { LlamaModel, Token } from "node-llama-cpp";

/** A text at whose place a marker may stand: found everywhere, also inside of another. */
const spelling = /(?=(<\|[^|\s]{1,64}\|>|>>[^<\s]{1,64}<<|<[^<>|\s]{1,64}>))/g;

export class Markers {
  readonly #tokens: ReadonlyMap<string, Token>;
  /** Those that llama.cpp would find in plain text too, since they are not of its type for special tokens. */
  readonly #inText: ReadonlySet<string>;

  constructor(model: LlamaModel) {
    const tokens = new Map<string, Token>();
    const inText = new Set<string>();
    for (const token of model.iterateAllTokens()) {
      const text = model.fileInfo.metadata.tokenizer.ggml.tokens[token] ?? "";
      if (!isMarker(text) && !model.isEogToken(token)) continue;
      tokens.set(text, token);
      if (!model.getTokenAttributes(token).control) inText.add(text);
    }
    this.#tokens = tokens;
    this.#inText = inText;
  }

  /** The marker that is spelled so. */
  token(text: string): Token | undefined {
    return this.#tokens.get(text);
  }

  has(text: string): boolean {
    return this.#tokens.has(text);
  }

  /**
   * Pieces of a text that hold no whole marker and have the same tokens as the text has as plain text. Falcon's rules for
   * what a word is separate the punctuation that a marker begins with from the word after it, too.
   */
  splitPlainText(text: string): readonly string[] {
    if (this.#inText.size === 0) return [text];
    const pieces: string[] = [];
    let start = 0;
    for (const { index, 1: found = "" } of text.matchAll(spelling)) {
      if (!this.#inText.has(found)) continue;
      const end = index + Math.max(1, found.search(/[\p{L}\p{N}]/u));
      pieces.push(text.slice(start, end));
      start = end;
    }
    return [...pieces, text.slice(start)];
  }
}

function isMarker(text: string): boolean {
  return /^(?:<\|[^|\s]{1,64}\|>|>>[^<\s]{1,64}<<)$/.test(text);
}
