// A new text that is proposed for a range of a document: shown beside it while it comes, then put there at once, hunk by hunk.

import { EndOfLine, EventEmitter, Range, window, type TextDocument, type TextDocumentContentChangeEvent } from "vscode";

import { findHunks, hunkOf, indexLines, type Granularity, type Hunk } from "./hunks.ts";
import { type LineEnd, hunkMover, withLineEnds } from "./lineEnds.ts";
import { OwnEdits } from "./ownEdits.ts";
import { RunningDiff } from "./runningDiff.ts";
import { type PlacedHunk, type TextEdit, TrackedText } from "./trackedText.ts";

/** `readOnly`: the document takes no edit. `ended`: it was closed or renamed. */
export type ProposalOutcome = "shown" | "readOnly" | "ended";

export class Proposal {
  readonly by: Granularity;
  #document: TextDocument;
  #eol: EndOfLine;
  readonly #tracked: TrackedText;
  readonly #change = new EventEmitter<void>();
  readonly #end = new AbortController();
  /** Compares what comes with the original; it is made when the first of it is there. */
  #running: RunningDiff | undefined;
  #wanted: readonly Hunk[] = [];
  #decided: readonly Hunk[] = [];
  #isComplete = false;
  readonly #edits = new OwnEdits();
  /** Edits run one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** What is written is shown anew after three times as long as that takes, so that a long text does not hold up the editor. */
  #nextShow = 0;

  /** Fires when its hunks change, and when it ends. */
  readonly onDidChange = this.#change.event;

  constructor(document: TextDocument, range: Range, by: Granularity) {
    this.#document = document;
    this.by = by;
    this.#eol = document.eol;
    this.#tracked = new TrackedText(document.getText(range), document.offsetAt(range.start));
  }

  get document(): TextDocument {
    return this.#document;
  }

  get original(): string {
    return this.#tracked.original;
  }

  /** Fires when it ends. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Whether it ended since the document was closed or renamed. */
  endedBy: "user" | "document" | undefined;

  /** Whether more of the new text is to come. */
  get isWriting(): boolean {
    return !this.#isComplete && !this.ended.aborted;
  }

  /** The hunks that wait for the user. One that he has decided may still stand there, until its edit is made. */
  get placed(): PlacedHunk[] {
    return this.#standing.filter(({ hunk }) => !has(this.#decided, hunk));
  }

  get #standing(): PlacedHunk[] {
    return this.ended.aborted ? [] : this.#tracked.placed;
  }

  /** Where it is in the document now. */
  get range(): Range {
    return this.rangeOf(this.#tracked);
  }

  rangeOf({ start, end }: { readonly start: number; readonly end: number }): Range {
    return new Range(this.document.positionAt(start), this.document.positionAt(end));
  }

  /** What the new text changes as far as it has come, where it will stand in the document. */
  get announced(): PlacedHunk[] {
    if (!this.isWriting || !this.#running) return [];
    const lines = indexLines(this.original);
    return this.#running.changes.flatMap((change) => {
      const hunk = hunkOf(change, lines);
      const place = this.#tracked.findPlace(hunk);
      return place ? [{ hunk, start: place.start, end: place.end }] : [];
    });
  }

  /** Takes further lines of the new text. */
  add(lines: string): void {
    if (!this.isWriting) return;
    this.#running ??= new RunningDiff(indexLines(this.original).lines);
    this.#running.add(lines);
    const start = performance.now();
    if (start < this.#nextShow) return;
    this.#change.fire();
    this.#nextShow = start + 4 * (performance.now() - start);
  }

  /** Shows all that the new text changes. Resolves when it stands there, which takes until the document is visible. */
  async finish(text: string): Promise<ProposalOutcome> {
    this.#wanted = findHunks(this.original, this.#withLineEnds(text), this.by);
    this.#isComplete = true;
    await this.refresh();
    while (!this.ended.aborted && !this.#edits.isReadOnly && this.#undone().length > 0) {
      await Promise.race([this.#nextVisibility(), once(this.ended)]);
      await this.refresh();
    }
    const outcome = this.#edits.isReadOnly ? "readOnly" : this.ended.aborted ? "ended" : "shown";
    if (this.#standing.length === 0) this.dispose();
    return outcome;
  }

  /** How many changes were left out, since the user has changed their lines meanwhile. */
  get conflicts(): number {
    const placed = this.#tracked.placed.map(({ hunk }) => hunk);
    return this.#wanted.filter(
      (hunk) => !has(this.#decided, hunk) && !has(placed, hunk) && !this.#tracked.findPlace(hunk),
    ).length;
  }

  accept(hunks: readonly Hunk[]): void {
    const waiting = hunks.filter((hunk) => !has(this.#decided, hunk));
    this.#decided = [...this.#decided, ...waiting];
    for (const hunk of waiting) this.#tracked.keep(hunk);
    this.#settle();
  }

  /** @param continuesStep whether it is one step to undo with what was done just before */
  async reject(hunks: readonly Hunk[], continuesStep = false): Promise<void> {
    this.#decided = [...this.#decided, ...hunks];
    if (continuesStep) this.#edits.beginsStep = false;
    await this.refresh();
    this.#settle();
  }

  /** Takes back all that was not accepted, and what has yet to be put there. */
  rejectAll(continuesStep: boolean): Promise<void> {
    return this.reject(this.#wanted, continuesStep);
  }

  /** The document goes on as another one that has its text, as a file does that is renamed. */
  moveTo(document: TextDocument): void {
    this.#document = document;
    this.#edits.beginsStep = true;
    this.#change.fire();
  }

  dispose(by: "user" | "document" = "user"): void {
    if (this.ended.aborted) return;
    this.endedBy = by;
    this.#end.abort();
    this.#change.fire();
    this.#change.dispose();
  }

  /** Follows a change of the document. */
  follow(changes: readonly TextDocumentContentChangeEvent[]): void {
    if (this.ended.aborted) return;
    const hasOtherLineEnds = this.document.eol !== this.#eol;
    const edits = changes
      // Other line ends are told as a change of all the text.
      .filter(({ rangeOffset, text }) => !(hasOtherLineEnds && rangeOffset === 0 && text === this.document.getText()))
      .map(({ rangeOffset, rangeLength, text }) => ({ start: rangeOffset, end: rangeOffset + rangeLength, text }))
      .toSorted((a, b) => b.start - a.start);
    // VS Code also tells that the document is unsaved now, or saved.
    if (edits.length === 0 && !hasOtherLineEnds) return;
    if (this.#edits.enter(edits)) return;
    for (const edit of edits) this.#tracked.follow(edit);
    if (hasOtherLineEnds) this.#changeLineEnds();
    this.#settle();
  }

  /** Puts wanted hunks into the document, and takes back those that are not, as far as it is visible. */
  refresh(): Promise<void> {
    const run = this.#queue.then(() => this.#refresh());
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #refresh(): Promise<void> {
    const unwanted = () => this.#standing.filter(({ hunk }) => !this.#isWanted(hunk));
    await this.#edits.make(
      this.document,
      () => unwanted().map((placed) => [placed.hunk, this.#tracked.findReverse(placed)]),
      (hunk) => this.#tracked.unplace(hunk),
    );
    await this.#edits.make(
      this.document,
      () => this.#undone(),
      (hunk) => this.#tracked.place(hunk),
    );
    this.#change.fire();
  }

  /** The hunks that wait to be put into the document, each with its edit. */
  #undone(): [Hunk, TextEdit][] {
    if (this.ended.aborted) return [];
    const placed = this.#tracked.placed.map(({ hunk }) => hunk);
    return this.#wanted.flatMap((hunk): [Hunk, TextEdit][] => {
      const edit = has(placed, hunk) || has(this.#decided, hunk) ? undefined : this.#tracked.findPlace(hunk);
      return edit ? [[hunk, edit]] : [];
    });
  }

  #isWanted(hunk: Hunk): boolean {
    return has(this.#wanted, hunk) && !has(this.#decided, hunk);
  }

  #withLineEnds(text: string): string {
    return withLineEnds(text, lineEndOf(this.#eol));
  }

  /** The document has other line ends: all that stands in it, or is wanted there, gets them too. */
  #changeLineEnds(): void {
    const next = lineEndOf(this.document.eol);
    const move = hunkMover(this.original, next);
    this.#wanted = this.#wanted.map(move);
    this.#decided = this.#decided.map(move);
    this.#tracked.changeLineEnds(this.#withLineEnds(this.document.getText()), next);
    this.#eol = this.document.eol;
  }

  /** Ends when nothing is left to decide. */
  #settle(): void {
    if (this.#isComplete && this.#tracked.placed.length === 0 && this.#undone().length === 0) this.dispose();
    else this.#change.fire();
  }

  #nextVisibility(): Promise<void> {
    return new Promise((resolve) => {
      const listener = window.onDidChangeVisibleTextEditors(() => {
        void listener.dispose();
        resolve();
      });
      this.ended.addEventListener("abort", () => void listener.dispose(), { once: true });
    });
  }
}

function lineEndOf(eol: EndOfLine): LineEnd {
  return eol === EndOfLine.CRLF ? "\r\n" : "\n";
}

function has(hunks: readonly Hunk[], { start, end, text }: Hunk): boolean {
  return hunks.some((each) => each.start === start && each.end === end && each.text === text);
}

function once(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => resolve(undefined), { once: true });
  return promise.then(() => undefined);
}
