// Heals what a prompt cuts, a word or the white space before it: the first new tokens spell the text that was cut off.

import type { LlamaModel, Token, TokenBias } from "node-llama-cpp";
import type * as NodeLlamaCpp from "node-llama-cpp";

import type { Vocabulary } from "./vocabulary.ts";

/** More than any two logits differ, and little enough that a 32-bit float still tells the raised ones apart. */
const certain = 1000;
/**
 * The most tokens that one is bound to: a key spends a tenth of a millisecond on each thousand. To collect them
 * takes ten times as long, so collections of more than `large` are made while the model loads.
 */
const mostBound = 10_000;
const large = 500;

/**
 * A text that the next tokens spell: each begins with what is left of it, or is the beginning of that where it is white space. The
 * beginning of a word would be another way to write what is one token, which a model has hardly ever seen.
 */
export interface Spelling {
  /** Binds the choice of the next token; undefined where it is free. */
  readonly bias: TokenBias | undefined;
  readonly isDone: boolean;
  /** The token that was chosen, or the one to go on from where it spells something else. */
  take(chosen: Token): Token;
}

export class Healing {
  readonly #library: typeof NodeLlamaCpp;
  readonly #model: LlamaModel;
  readonly #vocabulary: Vocabulary;
  /** The large collections, by what their tokens begin with. */
  readonly #large: ReadonlyMap<string, TokenBias>;

  constructor(library: typeof NodeLlamaCpp, model: LlamaModel, vocabulary: Vocabulary) {
    this.#library = library;
    this.#model = model;
    this.#vocabulary = vocabulary;
    this.#large = new Map(vocabulary.startsOf(large, mostBound).map((start) => [start, this.#collect(start)]));
  }

  /**
   * Binds the choice of a token to those that spell a text, or begin to. Undefined where they are too many, as those that begin
   * with a space are: then the choice is free, and nearly always one of them.
   */
  bind(text: string): TokenBias | undefined {
    const bound = this.#large.get(text);
    if (bound || this.#vocabulary.countBeginningWith(text) > large) return bound;
    return this.#collect(text);
  }

  /** Has the next tokens spell a text. */
  spell(text: string): Spelling {
    let left = text;
    let bias = this.bind(left);
    /** What is left in the vocabulary's own words, once a free choice was another. */
    let forced: Token[] = [];
    const advance = (spelled: string) => {
      left = left.startsWith(spelled) ? left.slice(spelled.length) : "";
      bias = left === "" ? undefined : this.bind(left);
    };
    const take = (chosen: Token) => {
      if (forced.length === 0) {
        const spelled = this.#model.detokenize([chosen]);
        if (spelled !== "" && (spelled.startsWith(left) || left.startsWith(spelled))) {
          advance(spelled);
          return chosen;
        }
        forced = this.#model.tokenize(left);
      }
      const [token = chosen, ...more] = forced;
      forced = more;
      if (more.length === 0) advance(left);
      return token;
    };
    return {
      get bias() {
        return bias;
      },
      get isDone() {
        return left === "";
      },
      take: (chosen) => (left === "" ? chosen : take(chosen)),
    };
  }

  #collect(text: string): TokenBias {
    const beginnings = text.trim() === "" ? this.#vocabulary.beginningsOf(text) : [];
    const tokens = [...this.#vocabulary.beginningWith(text), ...beginnings];
    return this.#library.TokenBias.for(this.#model).set(tokens, { logit: certain });
  }
}
