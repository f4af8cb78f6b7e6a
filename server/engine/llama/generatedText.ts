// The text of a generation as it grows token by token: whole characters, up to a stop string or the token limit.

import type { Token } from "node-llama-cpp";

import type { GenerateRequest } from "../engine.ts";
import { TextStream } from "./textStream.ts";

/** No character is spread over more tokens than a UTF-8 sequence has bytes. */
const longestCharacter = 4;

export class GeneratedText {
  readonly #detokenize: (tokens: readonly Token[]) => string;
  readonly #onText: (text: string) => void;
  readonly #stream: TextStream;
  readonly #maxTokens: number;
  #count = 0;
  /** Tokens that do not make a whole character yet. */
  #undecoded: readonly Token[] = [];
  #text = "";
  /** Characters that were cut off the prompt and are generated again. */
  #cut: number;
  /** Whether a stop string ended it. */
  stopped = false;
  /** When the first token came, as `performance.now()` tells it. */
  firstTokenTime: number | undefined;

  constructor(
    detokenize: (tokens: readonly Token[]) => string,
    { stop, maxTokens }: Pick<GenerateRequest, "stop" | "maxTokens">,
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

  /** Takes the next token; false when no more may come. */
  push(token: Token): boolean {
    this.firstTokenTime ??= performance.now();
    this.#undecoded = [...this.#undecoded, token];
    const decoded = this.#detokenize(this.#undecoded);
    // Until a character is whole, its decoding ends in U+FFFD.
    if (!decoded.endsWith("\uFFFD") || this.#undecoded.length > longestCharacter) {
      this.#undecoded = [];
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

  #show(text: string): void {
    if (text === "") return;
    this.#text += text;
    this.#onText(text);
  }
}
