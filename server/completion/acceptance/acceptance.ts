// What becomes of suggestions: shown, accepted, and how much of them still stands after a while. Only numbers are kept.

import type { TextDocument } from "vscode-languageserver-textdocument";

import type { CompletionFigures } from "../../../src/shared/status.ts";
import { type Edit, placeAfter, type Span, spansAfter } from "./edits.ts";

/** Milliseconds after which it is looked at how much of an accepted text still stands, and where both are counted. */
const looks = [
  { after: 30_000, seen: "seenAfterHalfMinute", kept: "keptAfterHalfMinute" },
  { after: 300_000, seen: "seenAfterFiveMinutes", kept: "keptAfterFiveMinutes" },
] as const;
type Look = (typeof looks)[number];

/** So many suggestions tell how often one is accepted. */
const counted = 20;

/** What is shown in a document now: `texts` are the candidates, the first `typed` characters of each are no ghost text. */
interface Suggestion {
  readonly id: number;
  readonly texts: readonly string[];
  readonly typed: number;
  start: number;
  /** Characters of it that were accepted so far. */
  accepted: number;
}

/** A text that was accepted, and what is left of it. */
interface AcceptedText {
  spans: readonly Span[];
  /** Characters that it had. */
  readonly length: number;
  readonly timers: ReadonlyMap<Look, NodeJS.Timeout>;
}

export class Acceptance {
  readonly #onFigures: (added: Partial<CompletionFigures>) => void;
  readonly #shown = new Map<string, Suggestion>();
  readonly #accepted = new Map<string, Set<AcceptedText>>();
  #count = 0;
  #hasAccepted = false;
  /** The latest suggestions, the newest last. */
  #latest: readonly Suggestion[] = [];

  /** @param onFigures gets what is to be added */
  constructor(onFigures: (added: Partial<CompletionFigures>) => void) {
    this.#onFigures = onFigures;
  }

  /**
   * The part of the latest suggestions of which something was accepted; undefined while there are too few to tell, and of
   * somebody who has accepted none yet.
   */
  get rate(): number | undefined {
    if (this.#latest.length < counted || !this.#hasAccepted) return undefined;
    return this.#latest.filter(({ accepted }) => accepted > 0).length / counted;
  }

  /**
   * Takes what is shown from now on at a place of a document: each text is the whole of what would be inserted there.
   * @param typed how many characters of the texts stand there already or come from the suggest widget
   * @returns its number, by which the client tells of its acceptance
   */
  show(document: TextDocument, start: number, texts: readonly string[], typed = 0): number {
    const before = this.#shown.get(document.uri);
    if (before && isRestOf(before, document, start, texts)) return before.id;
    const suggestion = { id: ++this.#count, texts, typed, start, accepted: 0 };
    this.#shown.set(document.uri, suggestion);
    this.#latest = [...this.#latest, suggestion].slice(-counted);
    this.#onFigures({ shown: 1 });
    return suggestion.id;
  }

  /**
   * Takes an edit that a document has just had. Ghost text that comes in one edit was accepted, whole or in part: whoever
   * types writes one character at a time, or a pair of brackets or quotes.
   * @param written the text of the edit
   */
  edit(document: TextDocument, edit: Edit, written: string): void {
    for (const text of this.#accepted.get(document.uri) ?? []) text.spans = spansAfter(text.spans, edit);
    const suggestion = this.#shown.get(document.uri);
    if (!suggestion) return;
    const start = placeAfter(suggestion.start, edit);
    if (start === undefined) this.#shown.delete(document.uri);
    else suggestion.start = start;
    if (start !== undefined && isNoKey(written)) this.#take(document, suggestion, edit);
  }

  /** Takes the client's word that a suggestion was accepted whole, which of a single character nothing else tells. */
  accept(document: TextDocument | undefined, id: number): void {
    const suggestion = document && this.#shown.get(document.uri);
    if (!suggestion || suggestion.id !== id) return;
    this.#take(document, suggestion);
    this.#shown.delete(document.uri);
  }

  /** Nothing more becomes of what was accepted in a document that is closed: it is looked at now. */
  close(uri: string): void {
    this.#shown.delete(uri);
    for (const text of this.#accepted.get(uri) ?? []) {
      for (const [look, timer] of text.timers) {
        clearTimeout(timer);
        this.#look(text, look);
      }
    }
    this.#accepted.delete(uri);
  }

  /** Counts what stands in the document of a suggestion and is not counted yet; of an edit, what that has written of it. */
  #take(document: TextDocument, suggestion: Suggestion, edit?: Edit): void {
    const until = edit && edit.start + edit.inserted;
    const { length, end } = suggestion.texts
      .map((text) => writtenOf(document, suggestion.start, text, until))
      .reduce((longest, each) => (each.length > longest.length ? each : longest));
    if (edit && end !== until) return;
    const from = Math.max(suggestion.typed + suggestion.accepted, edit ? length - edit.inserted : 0);
    if (length <= from) return;
    this.#onFigures({ ...(suggestion.accepted === 0 && { accepted: 1 }), characters: length - from });
    this.#hasAccepted = true;
    suggestion.accepted = length - suggestion.typed;
    this.#watch(document.uri, { start: end - (length - from), end });
  }

  #watch(uri: string, span: Span): void {
    const timers = new Map<Look, NodeJS.Timeout>();
    const text: AcceptedText = { spans: [span], length: span.end - span.start, timers };
    const texts = this.#accepted.get(uri) ?? new Set();
    this.#accepted.set(uri, texts.add(text));
    for (const look of looks) {
      const timer = setTimeout(() => {
        timers.delete(look);
        if (timers.size === 0) texts.delete(text);
        this.#look(text, look);
      }, look.after);
      timers.set(look, timer.unref());
    }
  }

  #look({ length, spans }: AcceptedText, { seen, kept }: Look): void {
    this.#onFigures({ [seen]: length, [kept]: lengthOf(spans) });
  }
}

/** Whether a suggestion is what is left of one that the user types. */
function isRestOf(shown: Suggestion, document: TextDocument, start: number, texts: readonly string[]): boolean {
  const typed = start - shown.start;
  return texts.every((text) =>
    shown.texts.some(
      (whole) => typed >= 0 && text === whole.slice(typed) && writtenOf(document, shown.start, whole).end >= start,
    ),
  );
}

/**
 * How much of a text stands at a place of a document, and where that ends: the document may have other line breaks.
 * @param until the place to look to
 */
function writtenOf(document: TextDocument, start: number, text: string, until = Infinity) {
  const end = Math.min(until, start + text.length + text.split("\n").length);
  const there = document.getText({ start: document.positionAt(start), end: document.positionAt(end) });
  let length = 0;
  let at = 0;
  for (; length < text.length && at < there.length; length++) {
    if (text[length] === "\n" && there.startsWith("\r\n", at)) at++;
    if (text[length] !== there[at]) break;
    at++;
  }
  return { length, end: start + at };
}

/** Whether no single key writes the text: pairs that editors close and the indentation of a new line are keys. */
function isNoKey(written: string): boolean {
  return written.length > 1 && written.trim() !== "" && !/^(?:\(\)|\[\]|\{\}|<>|""|''|``)$/.test(written);
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}
