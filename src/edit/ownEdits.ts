// Our edits of a document: told apart from the user's, made anew where he writes in between, and steps to undo.

import { Range, window, type TextDocument } from "vscode";

import type { Hunk } from "./hunks.ts";
import type { TextEdit } from "./trackedText.ts";

/** In one go: VS Code makes a thousand and more to one edit of all the text between them. */
const mostEdits = 500;

export class OwnEdits {
  /** What we have asked the editor to change, while it does, and what is entered when it has. */
  #underWay: { readonly edits: readonly TextEdit[]; readonly enter: () => void } | undefined;
  /** Whether the next edit is a step to undo of its own: the document has changed since our last one. */
  beginsStep = true;
  /** Whether the document takes no edit. */
  isReadOnly = false;

  /** Whether a change of the document, last edit first, is what we have asked for. It is entered then. */
  enter(edits: readonly TextEdit[]): boolean {
    const isOurs = this.#underWay !== undefined && isSame(edits, this.#underWay.edits);
    if (isOurs) this.#underWay?.enter();
    if (isOurs) this.#underWay = undefined;
    this.beginsStep = !isOurs;
    return isOurs;
  }

  /**
   * Makes edits as far as the document is visible. The user may write in between: then they are made where they belong now.
   * @param find what is still to be edited, by its hunks
   */
  async make(
    document: TextDocument,
    find: () => readonly [Hunk, TextEdit][],
    enter: (hunk: Hunk) => void,
  ): Promise<void> {
    for (;;) {
      const found = find().slice(0, mostEdits);
      const editor = window.visibleTextEditors.find((each) => each.document === document);
      if (found.length === 0 || !editor || this.isReadOnly) return;
      const { version } = document;
      const edits = found.map(([, edit]) => edit);
      this.#underWay = {
        edits: edits.toSorted((a, b) => b.start - a.start),
        enter: () => found.forEach(([hunk]) => enter(hunk)),
      };
      const step = { undoStopBefore: this.beginsStep, undoStopAfter: false };
      const edited = editor.edit((builder) => {
        for (const { start, end, text } of edits) {
          builder.replace(new Range(document.positionAt(start), document.positionAt(end)), text);
        }
      }, step);
      // An editor that is closed by then refuses; the next one is shown all.
      const isDone = await edited.then(undefined, () => undefined);
      this.#underWay = undefined;
      if (isDone === undefined) return;
      // A read-only editor claims to have done what it was asked.
      this.isReadOnly = document.version === version;
      if (isDone && found.length < mostEdits) return;
    }
  }
}

function isSame(a: readonly TextEdit[], b: readonly TextEdit[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ start, end, text }, i) => start === b[i]?.start && end === b[i].end && text === b[i].text)
  );
}
