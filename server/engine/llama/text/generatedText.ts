// The text of a generation as it grows token by token: whole characters, up to a stop string or the token limit.

import type { Token } from "node-llama-cpp";

import { TextStream } from "../../textStream.ts";

/** No character is spread over more tokens than a UTF-8 sequence has bytes. */
const longestCharacter = 4;

export class GeneratedText {
  readonly #detokenize: (tokens: readonly Token[]) => string;
  readonly #onText: (text: string) => void;
  readonly #stream: TextStream;
  readonly #maxTokens: number;
  #count = 0;
  /** The last tokens, from where a character begins that is not whole yet. */
  #undecoded: Token[] = [];
  /** Length of the text that they gave already, and how many of them came since. */
  #decodedLength = 0;
  #waited = 0;
  #text = "";
  /** Characters that were cut off the prompt and are generated again. */
  #cut: number;
  /** Whether a stop string or token ended it. */
  stopped = false;
  /** When the first token came, as `performance.now()` tells it. */
  firstTokenTime: number | undefined;

  constructor(
    detokenize: (tokens: readonly Token[]) => string,
    { stop, maxTokens }: { readonly stop: readonly string[]; readonly maxTokens: number },
    onText: (text: string) => void,
    cut = "",
  ) {
    this.#detokenize = detokenize;
    this.#onText = onText;
    this.#stream = new TextStream(stop);
    this.#maxTokens = maxTokens;
    this.#cut = cut.length;
  }

  /** How many tokens it has. */
  get count(): number {
    return this.#count;
  }

  /** Characters of the text until now. */
  get length(): number {
    return this.#text.length;
  }

  /** Takes the next token; false when no more may come. */
  push(token: Token): boolean {
    this.firstTokenTime ??= performance.now();
    const decoded = this.#decode(token);
    if (decoded !== "") {
      const { text, stopped } = this.#stream.push(decoded.slice(this.#cut));
      this.#cut = Math.max(0, this.#cut - decoded.length);
      this.stopped = stopped;
      this.#show(text);
    }
    this.#count++;
    return !this.stopped && this.#count < this.#maxTokens;
  }

  /** The whole text, once no more tokens come. */
  end(): string {
    this.#show(this.#stream.flush());
    return this.#text;
  }

  /** The characters that a token makes whole. */
  #decode(token: Token): string {
    this.#undecoded.push(token);
    const decoded = this.#detokenize(this.#undecoded);
    // Until a character is whole, its decoding ends in U+FFFD; what waits for longer than one takes is none.
    const isGarbled = ++this.#waited > longestCharacter;
    const whole = isGarbled ? decoded : wholeCharacters(decoded);
    const added = whole.slice(this.#decodedLength);
    if (added !== "") {
      this.#decodedLength = whole.length;
      this.#waited = 0;
    }
    if (whole.length === decoded.length) {
      this.#undecoded = [];
      this.#decodedLength = 0;
    } else if (added !== "" && this.#undecoded.length > longestCharacter) {
      // Where each token ends inside a character, the last ones have the whole of the last character that is whole.
      this.#undecoded = this.#undecoded.slice(-longestCharacter);
      this.#decodedLength = wholeCharacters(this.#detokenize(this.#undecoded)).length;
    }
    return added;
  }

  #show(text: string): void {
    if (text === "") return;
    this.#text += text;
    this.#onText(text);
  }
}

/** A text without the end that is no whole character yet. */
function wholeCharacters(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\uFFFD") end--;
  return text.slice(0, end);
}
