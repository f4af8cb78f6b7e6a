// One text as it comes from a server, piece by piece: without what it was begun with here, and up to a stop string.

import type { GeneratedToken } from "../engine.ts";
import { TextStream } from "../textStream.ts";
import { BegunAnswer } from "./begunAnswer.ts";
import type { Piece } from "./protocol.ts";

/** What a text may begin with although it is no part of it. */
export interface Begun {
  /** Blanks that were cut off before the cursor. */
  readonly cut: string;
  /** What an answer was begun with, for a server that goes on with none. */
  readonly answer: string;
}

export class RemoteText {
  readonly #stream: TextStream;
  readonly #answer: BegunAnswer;
  readonly #onText: (text: string) => void;
  readonly #tokens: GeneratedToken[] = [];
  #cut: string;
  #length = 0;
  text = "";
  /** How many pieces it had. */
  count = 0;
  end: Piece["end"];
  usage: NonNullable<Piece["usage"]> = {};
  /** When the first piece came, as `performance.now()` tells it. */
  firstToken: number | undefined;

  constructor(stop: readonly string[], { cut, answer }: Begun, onText: (text: string) => void) {
    this.#stream = new TextStream(stop);
    this.#answer = new BegunAnswer(answer);
    this.#cut = cut;
    this.#onText = onText;
  }

  /** Of the tokens that the text has. */
  get tokens(): readonly GeneratedToken[] {
    return this.#tokens.filter(({ end }) => end <= this.text.length);
  }

  /** Takes the next piece; false when no more is wanted. */
  push({ text, probability, end, usage }: Piece): boolean {
    this.usage = { ...this.usage, ...usage };
    if (text !== "" && this.#add(text, probability)) {
      this.end = "end";
      return false;
    }
    this.end ??= end;
    // OpenAI's interface tells the figures after the end.
    return !this.end || this.usage.generated === undefined;
  }

  /** No more comes. */
  finish(): void {
    if (!this.end) this.#show(this.#stream.push(this.#answer.end()).text);
    this.#show(this.#stream.flush());
  }

  /** @returns whether a stop string has ended it */
  #add(text: string, probability: number | undefined): boolean {
    this.firstToken ??= performance.now();
    this.count++;
    const dropped = sharedLength(this.#cut, text);
    this.#cut = dropped === text.length ? this.#cut.slice(dropped) : "";
    this.#length += text.length - dropped;
    if (probability !== undefined) this.#tokens.push({ end: this.#length, probability });
    const { text: shown, stopped } = this.#stream.push(this.#answer.push(text.slice(dropped)));
    this.#show(shown);
    return stopped;
  }

  #show(text: string): void {
    if (text === "") return;
    this.text += text;
    this.#onText(text);
  }
}

/** How much two texts share from their beginning on. */
function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
