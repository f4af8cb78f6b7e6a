// An answer as it streams: up to where the model goes on with a turn that is not its own.

import { answerTags } from "../../src/shared/answerParts.ts";
import { followFences, type OpenFences } from "../../src/shared/fences.ts";

/** More spaces before a tag make a line code. */
const indentation = /^ {0,3}/;

export class AnswerStream {
  readonly #stopLines: readonly string[];
  readonly #onText: (text: string) => void;
  #begun = false;
  #ended = false;
  #fences: OpenFences = [];
  /** The line that is being written. */
  #line = "";
  /** Whether its beginning is shown, which may yet turn out to be another turn's or a tag. */
  #isShown = false;
  /** What ends the thinking or tool call that is being written, and what was written of it last. */
  #endTag: string | undefined;
  #tail = "";

  /**
   * @param stopLines texts that end the answer where a line begins with one: in code, in thinking and in tool calls they
   * are text
   * @param onText gets the answer in pieces, as soon as nothing of them can be of a stop line
   */
  constructor(stopLines: readonly string[], onText: (text: string) => void) {
    this.#stopLines = stopLines;
    this.#onText = onText;
  }

  /** Whether what is written stands in a fence. */
  get inCode(): boolean {
    return this.#fences.length > 0;
  }

  /** Takes what the model wrote next; false when the answer ends before the end of it. */
  push(text: string): boolean {
    // The first token of an answer brings the space after "Assistant:" with it.
    let rest = this.#begun ? text : text.trimStart();
    this.#begun ||= rest !== "";
    while (rest !== "" && !this.#ended) {
      rest = this.#endTag === undefined ? this.#readLine(rest) : this.#readTagged(rest, this.#endTag);
    }
    return !this.#ended;
  }

  /** Shows what was held back, once no more text comes. */
  end(): void {
    if (!this.#ended && !this.#isShown) this.#show(this.#line);
    this.#ended = true;
  }

  /** Reads up to the end of the line, or to behind a tag that it begins with; returns what is left. */
  #readLine(text: string): string {
    const lineBreak = text.indexOf("\n");
    const end = lineBreak < 0 ? text.length : lineBreak + 1;
    const rest = text.slice(end);
    this.#line += text.slice(0, end);
    if (this.#isShown) this.#show(text.slice(0, end));
    else if (this.#fences.length > 0) this.#showLine();
    else if (this.#stopLines.some((each) => this.#line.startsWith(each))) this.#ended = true;
    else {
      const unindented = this.#line.replace(indentation, "");
      const tag = answerTags.find(({ start }) => unindented.startsWith(start));
      if (tag) return this.#openTag(tag.end, unindented.slice(tag.start.length)) + rest;
      const isOpen =
        this.#stopLines.some((each) => each.startsWith(this.#line)) ||
        answerTags.some(({ start }) => start.startsWith(unindented));
      if (!isOpen) this.#showLine();
    }
    if (lineBreak >= 0) {
      this.#fences = followFences(this.#fences, this.#line.slice(0, -1));
      this.#beginLine();
    }
    return rest;
  }

  /** @param after what stands on the line behind the tag; returned */
  #openTag(endTag: string, after: string): string {
    this.#show(this.#line.slice(0, this.#line.length - after.length));
    this.#beginLine();
    this.#endTag = endTag;
    this.#tail = "";
    return after;
  }

  /** Reads up to behind the end tag; returns what is left. */
  #readTagged(text: string, endTag: string): string {
    const known = this.#tail + text;
    const found = known.indexOf(endTag);
    if (found < 0) {
      this.#tail = known.slice(1 - endTag.length);
      this.#show(text);
      return "";
    }
    const end = found + endTag.length - this.#tail.length;
    this.#show(text.slice(0, end));
    this.#endTag = undefined;
    this.#beginLine();
    return text.slice(end);
  }

  #beginLine(): void {
    this.#line = "";
    this.#isShown = false;
  }

  #showLine(): void {
    this.#show(this.#line);
    this.#isShown = true;
  }

  #show(text: string): void {
    if (text !== "") this.#onText(text);
  }
}
