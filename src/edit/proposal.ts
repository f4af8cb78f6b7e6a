// A new text that is proposed for a range of a document: put there hunk by hunk, while it comes and the user writes on.

import { EndOfLine, EventEmitter, Range, window, type TextDocument, type TextDocumentContentChangeEvent } from "vscode";

import { findHunks, type Granularity, type Hunk } from "./hunks.ts";
import { type LineEnd, hunkMover, withLineEnds } from "./lineEnds.ts";
import { settledHunks } from "./settledHunks.ts";
import { type PlacedHunk, type TextEdit, TrackedText } from "./trackedText.ts";

/** `readOnly`: the document takes no edit. `ended`: it was closed or renamed. */
export type ProposalOutcome = "shown" | "readOnly" | "ended";

/** In one go: VS Code makes a thousand and more to one edit of all the text between them. */
const mostEdits = 500;

export class Proposal {
  readonly document: TextDocument;
  readonly by: Granularity;
  #eol: EndOfLine;
  readonly #tracked: TrackedText;
  readonly #change = new EventEmitter<void>();
  readonly #end = new AbortController();
  #wanted: readonly Hunk[] = [];
  #decided: readonly Hunk[] = [];
  #isComplete = false;
  /** What we have asked the editor to change, while it does, and what is entered when it has. */
  #underWay: { readonly edits: readonly TextEdit[]; readonly enter: () => void } | undefined;
  /** Edits run one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Our edits are one step to undo, unless the user has written between them. */
  #beginsStep = true;
  #isReadOnly = false;
  /** What is written is compared anew after three times as long as that takes, so that a long text does not hold up the editor. */
  #nextUpdate = 0;

  /** Fires when its hunks change, and when it ends. */
  readonly onDidChange = this.#change.event;

  constructor(document: TextDocument, range: Range, by: Granularity) {
    this.document = document;
    this.by = by;
    this.#eol = document.eol;
    this.#tracked = new TrackedText(document.getText(range), document.offsetAt(range.start));
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

  get placed(): PlacedHunk[] {
    return this.ended.aborted ? [] : this.#tracked.placed;
  }

  /** Where it is in the document now. */
  get range(): Range {
    return this.rangeOf(this.#tracked);
  }

  rangeOf({ start, end }: { readonly start: number; readonly end: number }): Range {
    return new Range(this.document.positionAt(start), this.document.positionAt(end));
  }

  /** Shows what the beginning of the new text changes; the text has whole lines. */
  update(beginning: string): void {
    const start = performance.now();
    if (!this.isWriting || start < this.#nextUpdate) return;
    this.#wanted = settledHunks(this.original, this.#withLineEnds(beginning), this.by);
    this.#nextUpdate = start + 4 * (performance.now() - start);
    void this.refresh();
  }

  /** Shows all that the new text changes. Resolves when it stands there, which takes until the document is visible. */
  async finish(text: string): Promise<ProposalOutcome> {
    this.#wanted = findHunks(this.original, this.#withLineEnds(text), this.by);
    this.#isComplete = true;
    await this.refresh();
    while (!this.ended.aborted && !this.#isReadOnly && this.#undone().length > 0) {
      await Promise.race([this.#nextVisibility(), once(this.ended)]);
      await this.refresh();
    }
    const outcome = this.#isReadOnly ? "readOnly" : this.ended.aborted ? "ended" : "shown";
    if (this.placed.length === 0) this.dispose();
    this.#change.fire();
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
    this.#decided = [...this.#decided, ...hunks];
    for (const hunk of hunks) this.#tracked.keep(hunk);
    this.#settle();
  }

  async reject(hunks: readonly Hunk[]): Promise<void> {
    this.#decided = [...this.#decided, ...hunks];
    await this.refresh();
    this.#settle();
  }

  /** Takes back all that was not accepted, which takes until the document is visible. */
  async cancel(by: "user" | "document" = "user"): Promise<void> {
    this.#wanted = [];
    this.#isComplete = true;
    await this.refresh();
    if (this.placed.length > 0 && !this.#isReadOnly) void this.#nextVisibility().then(() => this.cancel(by));
    else this.dispose(by);
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
    if (this.#underWay && isSame(edits, this.#underWay.edits)) {
      this.#underWay.enter();
      this.#underWay = undefined;
      this.#beginsStep = false;
      return;
    }
    for (const edit of edits) this.#tracked.follow(edit);
    if (hasOtherLineEnds) this.#changeLineEnds();
    this.#beginsStep = true;
    this.#settle();
  }

  /** Puts wanted hunks into the document, and takes back those that are not, as far as it is visible. */
  refresh(): Promise<void> {
    const run = this.#queue.then(() => this.#refresh());
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #refresh(): Promise<void> {
    const unwanted = () => this.#tracked.placed.filter(({ hunk }) => !this.#isWanted(hunk));
    await this.#edit(
      () => unwanted().map((placed) => [placed.hunk, this.#tracked.findReverse(placed)]),
      (hunk) => this.#tracked.unplace(hunk),
    );
    await this.#edit(
      () => this.#undone(),
      (hunk) => this.#tracked.place(hunk),
    );
    this.#change.fire();
  }

  /** The hunks that wait to be put into the document, each with its edit. */
  #undone(): [Hunk, TextEdit][] {
    const placed = this.#tracked.placed.map(({ hunk }) => hunk);
    return this.#wanted.flatMap((hunk): [Hunk, TextEdit][] => {
      const edit = has(placed, hunk) || has(this.#decided, hunk) ? undefined : this.#tracked.findPlace(hunk);
      return edit ? [[hunk, edit]] : [];
    });
  }

  #isWanted(hunk: Hunk): boolean {
    return has(this.#wanted, hunk) && !has(this.#decided, hunk);
  }

  /** Makes edits in one go. The user may write in between: then they are made anew, where they belong now. */
  async #edit(find: () => [Hunk, TextEdit][], enter: (hunk: Hunk) => void): Promise<void> {
    for (;;) {
      const found = find().slice(0, mostEdits);
      const editor = window.visibleTextEditors.find(({ document }) => document === this.document);
      if (found.length === 0 || !editor || this.ended.aborted || this.#isReadOnly) return;
      const { version } = this.document;
      const edits = found.map(([, edit]) => edit);
      this.#underWay = {
        edits: edits.toSorted((a, b) => b.start - a.start),
        enter: () => found.forEach(([hunk]) => enter(hunk)),
      };
      const step = { undoStopBefore: this.#beginsStep, undoStopAfter: false };
      const edited = editor.edit((builder) => {
        for (const edit of edits) builder.replace(this.rangeOf(edit), edit.text);
      }, step);
      // An editor that is closed by then refuses; the next one is shown all.
      const isDone = await edited.then(undefined, () => undefined);
      this.#underWay = undefined;
      if (isDone === undefined) return;
      // A read-only editor claims to have done what it was asked.
      this.#isReadOnly = this.document.version === version;
      if (isDone && found.length < mostEdits) return;
    }
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

function isSame(a: readonly TextEdit[], b: readonly TextEdit[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ start, end, text }, i) => start === b[i]?.start && end === b[i].end && text === b[i].text)
  );
}

function once(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => resolve(undefined), { once: true });
  return promise.then(() => undefined);
}
