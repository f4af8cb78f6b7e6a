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
  type FileRenameEvent,
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
  /** What has changes that wait, and is about to be renamed, with its new address. */
  readonly #renaming = new Map<TextDocument, Uri>();

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
        void this.#followClose(document);
      }),
      // The file is another document then.
      workspace.onWillRenameFiles(({ files }) => {
        for (const proposal of this.#all) {
          const uri = newUriOf(proposal.document, files);
          if (!uri) continue;
          if (proposal.isWriting) proposal.dispose("document");
          else this.#renaming.set(proposal.document, uri);
        }
      }),
      workspace.onDidRenameFiles(({ files }) => {
        for (const proposal of this.#all) void this.#followRename(proposal, files);
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
    this.assertFree(document, range);
    const proposal = new Proposal(document, range, by);
    this.#all = [...this.#all, proposal];
    proposal.onDidChange(() => {
      if (proposal.ended.aborted) this.#all = this.#all.filter((each) => each !== proposal);
      this.#refresh();
    });
    this.#refresh();
    return proposal;
  }

  /** @throws UserError where there is a proposal already */
  assertFree(document: TextDocument, range: Range): void {
    if (this.of(document).every((other) => other.range.intersection(range) === undefined)) return;
    throw new UserError(l10n.t("Changes are proposed for this place already. Accept or reject them first."));
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

  /** Goes to the next change behind the cursor, or to the one before it; behind the last one comes the first. */
  goTo(editor: TextEditor, direction: "next" | "previous"): void {
    const cursor = editor.document.offsetAt(editor.selection.active);
    const all = this.#waitingIn(editor.document);
    const found =
      direction === "next"
        ? (all.find(({ placed }) => placed.start > cursor) ?? all[0])
        : (all.findLast(({ placed }) => placed.start < cursor) ?? all.at(-1));
    if (!found) this.#refuse(editor.document);
    showPlace(editor, found.proposal.rangeOf(found.placed));
  }

  /** @throws UserError where all that there is, is still being written */
  acceptAll(document: TextDocument): void {
    const complete = this.of(document).filter(({ isWriting }) => !isWriting);
    if (complete.length === 0) this.#refuseWhileWriting(document);
    for (const proposal of complete) proposal.accept(hunksOf(proposal));
  }

  async rejectAll(document: TextDocument): Promise<void> {
    let hasChanged = false;
    for (const proposal of this.of(document)) {
      const { version } = document;
      if (proposal.isWriting) proposal.dispose();
      else await proposal.rejectAll(hasChanged);
      hasChanged ||= document.version !== version;
    }
  }

  dispose(): void {
    for (const proposal of this.#all) proposal.dispose();
    this.#parts.dispose();
  }

  /** A document that is renamed closes, too, and its proposals go on. VS Code does not tell of a rename that failed: the file is there still. */
  async #followClose(document: TextDocument): Promise<void> {
    const renamed = this.#renaming.get(document);
    if (renamed && (isOtherCase(renamed, document.uri) || !(await isThere(document.uri)))) return;
    this.#renaming.delete(document);
    for (const proposal of this.of(document)) proposal.dispose("document");
  }

  async #followRename(proposal: Proposal, files: FileRenameEvent["files"]): Promise<void> {
    const { document } = proposal;
    const uri = newUriOf(document, files);
    if (!uri || !this.#renaming.has(document)) return;
    const renamed = await workspace.openTextDocument(uri).then(undefined, () => undefined);
    this.#renaming.delete(document);
    if (renamed?.getText() === document.getText()) proposal.moveTo(renamed);
    else if (document.isClosed) proposal.dispose("document");
  }

  #findAtCursor(editor: TextEditor): PlacedChange {
    return this.#findNext(editor) ?? this.#refuse(editor.document);
  }

  #refuse(document: TextDocument): never {
    this.#refuseWhileWriting(document);
    throw new UserError(l10n.t("No changes are proposed for this file."));
  }

  #refuseWhileWriting(document: TextDocument): void {
    if (!this.of(document).some(({ isWriting }) => isWriting)) return;
    throw new UserError(l10n.t("The changes are still being written. Accept or reject them when they are complete."));
  }

  /** The change at the cursor, or the first one after it, or else the first of the file. */
  #findNext({ document, selection }: TextEditor): PlacedChange | undefined {
    const cursor = document.offsetAt(selection.active);
    const all = this.#waitingIn(document);
    return all.find(({ placed }) => placed.end >= cursor) ?? all[0];
  }

  #waitingIn(document: TextDocument): PlacedChange[] {
    return (
      this.of(document)
        // What is still being written may yet become another change.
        .filter(({ isWriting }) => !isWriting)
        .flatMap((proposal) => proposal.placed.map((placed) => ({ proposal, placed })))
        .toSorted((a, b) => a.placed.start - b.placed.start)
    );
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

/** Puts the cursor where a range begins, which is then on the screen. */
export function showPlace(editor: TextEditor, range: Range): void {
  editor.selection = new Selection(range.start, range.start);
  editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
}

function isThere(uri: Uri): Promise<boolean> {
  return Promise.resolve(workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );
}

/** A file system that knows no case finds a file by its old name as well. */
function isOtherCase(a: Uri, b: Uri): boolean {
  return a.path.toLowerCase() === b.path.toLowerCase();
}

/** What a document is called once these files and folders are renamed, if it is one of them or in one. */
function newUriOf({ uri }: TextDocument, files: FileRenameEvent["files"]): Uri | undefined {
  const found = files.find(
    ({ oldUri: { scheme, path } }) =>
      uri.scheme === scheme && (uri.path === path || uri.path.startsWith(`${path.replace(/\/$/, "")}/`)),
  );
  return (
    found &&
    uri.with({ path: found.newUri.path + uri.path.slice(found.oldUri.path.length), scheme: found.newUri.scheme })
  );
}
