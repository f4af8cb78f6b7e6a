// Heals a word that a prompt cuts: the first new token begins with the text of the token that was cut off.

import type { LlamaModel, Token, TokenBias } from "node-llama-cpp";
import type * as NodeLlamaCpp from "node-llama-cpp";

import type { Vocabulary } from "./vocabulary.ts";

/** More than any two logits differ, and little enough that a 32-bit float still tells the raised ones apart. */
const certain = 1000;
/**
 * The most tokens that the first one is bound to: a key spends a tenth of a millisecond on each thousand. To collect them
 * takes ten times as long, so collections of more than `large` are made while the model loads.
 */
const mostBound = 10_000;
const large = 1000;

export class Healing {
  readonly #bind: (tokens: readonly Token[]) => TokenBias;
  readonly #vocabulary: Vocabulary;
  /** The large collections, by what their tokens begin with. */
  readonly #large: ReadonlyMap<string, TokenBias>;

  constructor(library: typeof NodeLlamaCpp, model: LlamaModel, vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#bind = (tokens) => library.TokenBias.for(model).set([...tokens], { logit: certain });
    const starts = vocabulary.startsOf(large, mostBound);
    this.#large = new Map(starts.map((start) => [start, this.#bind(vocabulary.beginningWith(start))]));
  }

  /**
   * Binds the choice of a token to those that begin with a text. Undefined where they are too many, as those that begin
   * with a space are: then the choice is free, and nearly always one of them.
   */
  bind(cut: string): TokenBias | undefined {
    const bound = this.#large.get(cut);
    if (bound || this.#vocabulary.countBeginningWith(cut) > large) return bound;
    return this.#bind(this.#vocabulary.beginningWith(cut));
  }

  /** The token that was chosen if it begins with the text, else the one that is the text. */
  heal(cut: string, chosen: Token): Token {
    return this.#vocabulary.beginsWith(chosen, cut) ? chosen : (this.#vocabulary.beginningWith(cut)[0] ?? chosen);
  }
}
