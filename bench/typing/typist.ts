// Types a trace into a document as an editor would have it: brackets and quotes are closed, lines are indented.

import type { Moment, Trace } from "./trace.ts";

export interface EditorState {
  readonly text: string;
  /** The cursor, as an offset. */
  readonly offset: number;
}

/** A bracket, quote or line that the editor put after the cursor, and where in the typed text it stands. */
interface Closer {
  readonly text: string;
  readonly index: number;
}

const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`" };

export class Typist {
  readonly #trace: Trace;
  readonly #typed: string;
  readonly #closers: ReadonlyMap<number, number>;
  #at = 0;
  #wrong = "";
  #corrected = new Set<number>();
  #pending: readonly Closer[] = [];

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#typed = trace.file.text.slice(trace.start, trace.end);
    this.#closers = matchingClosers(this.#typed);
  }

  get state(): EditorState {
    const { file, start, end } = this.#trace;
    const before = file.text.slice(0, start) + this.#typed.slice(0, this.#at) + this.#wrong;
    const after = this.#pending.map(({ text }) => text).join("");
    return { text: before + after + file.text.slice(end), offset: before.length };
  }

  /** What is still to be written; empty while something wrong stands at the cursor. */
  get rest(): string {
    return this.#wrong === "" ? this.#typed.slice(this.#at) : "";
  }

  get isDone(): boolean {
    return this.#at >= this.#typed.length;
  }

  /** How it goes on from here. */
  get moment(): Moment {
    const moment = this.#trace.moments[this.#at] ?? this.#trace.moments.at(-1);
    if (!moment) throw new RangeError("The trace is empty.");
    return this.#wrong === "" ? moment : { ...moment, pause: Math.min(moment.pause, 150) };
  }

  /** Presses the next key. */
  press(): void {
    const at = this.#at;
    const { mistake } = this.moment;
    if (this.#wrong !== "" && this.#corrected.has(at)) this.#wrong = this.#wrong.slice(0, -1);
    else if (mistake !== "" && !this.#corrected.has(at)) {
      this.#wrong = mistake.slice(0, this.#wrong.length + 1);
      if (this.#wrong === mistake) this.#corrected.add(at);
    } else this.#pressRight();
  }

  /** Takes text that is right. */
  accept(text: string): void {
    this.#moveTo(this.#at + text.length);
  }

  #pressRight(): void {
    const at = this.#at;
    const [next] = this.#pending;
    // The editor's bracket is passed, with the line break before it.
    if (next && at + next.text.length === next.index + 1) {
      this.#moveTo(next.index + 1);
      return;
    }
    const character = this.#typed[at] ?? "";
    if (character === "\n") {
      this.#breakLine();
      return;
    }
    const index = this.#closers.get(at);
    this.#moveTo(at + 1);
    if (index !== undefined) this.#pending = [{ text: closerOf[character] ?? "", index }, ...this.#pending];
  }

  /** The next line is indented, and a bracket that was closed on this one goes to a line of its own. */
  #breakLine(): void {
    const indentation = /^\n*[ \t]*/.exec(this.#typed.slice(this.#at))?.[0] ?? "\n";
    const [next, ...others] = this.#pending;
    if (next && next.text.length === 1) {
      const before = /\n[ \t]*$/.exec(this.#typed.slice(this.#at, next.index))?.[0] ?? "";
      this.#pending = [{ text: before + next.text, index: next.index }, ...others];
    }
    this.#moveTo(Math.min(this.#at + indentation.length, this.#typed.length));
  }

  #moveTo(at: number): void {
    this.#at = at;
    this.#pending = this.#pending.filter(({ index }) => index >= at);
  }
}

/** For each bracket and quote that has its other half in the text, where that is. */
function matchingClosers(text: string): Map<number, number> {
  const matches = new Map<number, number>();
  const open: { closer: string; index: number }[] = [];
  for (const [i, character] of Array.from(text).entries()) {
    const innermost = open.at(-1);
    if (innermost?.closer === character) {
      matches.set(innermost.index, i);
      open.pop();
    } else if (innermost && /["'`]/.test(innermost.closer)) {
      // Within a string; one that the line does not end was an apostrophe.
      if (character === "\n") open.pop();
    } else if (closerOf[character] && (/[([{]/.test(character) || !/\w/.test(text[i - 1] ?? ""))) {
      open.push({ closer: closerOf[character], index: i });
    }
  }
  return matches;
}
