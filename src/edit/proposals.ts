// The proposals that wait for the user: at most one at a place, any number in all documents.

import {
  Disposable,
  EventEmitter,
  Selection,
  TextEditorRevealType,
  commands,
  l10n,
  window,
  workspace,
  type Range,
  type TextDocument,
  type TextEditor,
  type Uri,
} from "vscode";

import { onDidCloseDocument } from "../closedDocuments.ts";
import { UserError } from "../problems.ts";
import type { Granularity } from "./hunks.ts";
import { Proposal } from "./proposal.ts";
import { ProposalDecorations } from "./proposalDecorations.ts";
import { registerProposalLenses } from "./proposalLenses.ts";
import type { PlacedHunk } from "./trackedText.ts";

interface PlacedChange {
  readonly proposal: Proposal;
  readonly placed: PlacedHunk;
}

export class Proposals implements Disposable {
  #all: readonly Proposal[] = [];
  readonly #change = new EventEmitter<void>();
  readonly #decorations = new ProposalDecorations();
  readonly #parts: Disposable;

  /** Fires at each change of one. */
  readonly onDidChange = this.#change.event;

  constructor() {
    this.#parts = Disposable.from(
      this.#change,
      this.#decorations,
      registerProposalLenses(this),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        for (const proposal of this.of(document)) proposal.follow(contentChanges);
      }),
      onDidCloseDocument((document) => {
        for (const proposal of this.of(document)) proposal.dispose("document");
      }),
      workspace.onWillRenameFiles((event) => {
        const isRenamed = ({ uri }: TextDocument) => event.files.some(({ oldUri }) => isWithin(uri, oldUri));
        const writing = this.#all.filter(({ document, isWriting }) => isWriting && isRenamed(document));
        event.waitUntil(Promise.all(writing.map((proposal) => proposal.cancel("document"))));
      }),
      window.onDidChangeVisibleTextEditors(() => {
        for (const proposal of this.#all) void proposal.refresh();
        this.#refresh();
      }),
      window.onDidChangeActiveTextEditor(() => this.#refresh()),
    );
  }

  get all(): readonly Proposal[] {
    return this.#all;
  }

  of(document: TextDocument): readonly Proposal[] {
    return this.#all.filter((proposal) => proposal.document === document);
  }

  /**
   * Begins a proposal for a range of a document. `update` and `finish` give it its text; it ends by itself when all of it
   * is decided.
   * @throws UserError where there is one already
   */
  begin(document: TextDocument, range: Range, by: Granularity = "lines"): Proposal {
    if (this.of(document).some((other) => other.range.intersection(range) !== undefined)) {
      throw new UserError(l10n.t("Changes are proposed for this place already. Accept or reject them first."));
    }
    const proposal = new Proposal(document, range, by);
    this.#all = [...this.#all, proposal];
    proposal.onDidChange(() => {
      if (proposal.ended.aborted) this.#all = this.#all.filter((each) => each !== proposal);
      this.#refresh();
    });
    this.#refresh();
    return proposal;
  }

  /** Takes the change at the cursor, or the first one after it, and goes to the next. */
  acceptAtCursor(editor: TextEditor): void {
    const found = this.#findAtCursor(editor);
    found.proposal.accept([found.placed.hunk]);
    this.#goToNext(editor);
  }

  async rejectAtCursor(editor: TextEditor): Promise<void> {
    const found = this.#findAtCursor(editor);
    await found.proposal.reject([found.placed.hunk]);
    this.#goToNext(editor);
  }

  acceptAll(document: TextDocument): void {
    for (const proposal of this.of(document)) if (!proposal.isWriting) proposal.accept(hunksOf(proposal));
  }

  async rejectAll(document: TextDocument): Promise<void> {
    for (const proposal of this.of(document)) {
      if (proposal.isWriting) await proposal.cancel();
      else await proposal.reject(hunksOf(proposal));
    }
  }

  dispose(): void {
    for (const proposal of this.#all) proposal.dispose();
    this.#parts.dispose();
  }

  #findAtCursor(editor: TextEditor): PlacedChange {
    const found = this.#findNext(editor);
    if (!found && this.of(editor.document).some(({ isWriting }) => isWriting)) {
      throw new UserError(l10n.t("The changes are still being written. Accept or reject them when they are complete."));
    }
    if (!found) throw new UserError(l10n.t("No changes are proposed for this file."));
    return found;
  }

  /** The change at the cursor, or the first one after it, or else the first of the file. */
  #findNext({ document, selection }: TextEditor): PlacedChange | undefined {
    const cursor = document.offsetAt(selection.active);
    const all = this.of(document)
      // What is still being written may yet become another change.
      .filter(({ isWriting }) => !isWriting)
      .flatMap((proposal) => proposal.placed.map((placed) => ({ proposal, placed })))
      .toSorted((a, b) => a.placed.start - b.placed.start);
    return all.find(({ placed }) => placed.end >= cursor) ?? all[0];
  }

  #goToNext(editor: TextEditor): void {
    const next = this.#findNext(editor);
    if (next) showPlace(editor, next.proposal.rangeOf(next.placed));
  }

  #refresh(): void {
    for (const editor of window.visibleTextEditors) this.#decorations.show(editor, this.of(editor.document));
    const active = window.activeTextEditor && this.of(window.activeTextEditor.document);
    void commands.executeCommand(
      "setContext",
      "falcon.hasProposal",
      active?.some(({ isWriting, placed }) => isWriting || placed.length > 0) ?? false,
    );
    this.#change.fire();
  }
}

function hunksOf(proposal: Proposal) {
  return proposal.placed.map(({ hunk }) => hunk);
}

function showPlace(editor: TextEditor, range: Range): void {
  editor.selection = new Selection(range.start, range.start);
  editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Whether it is that file, or lies in that folder. */
function isWithin(uri: Uri, place: Uri): boolean {
  return uri.scheme === place.scheme && (uri.path === place.path || uri.path.startsWith(`${place.path}/`));
}
