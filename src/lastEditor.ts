// The text editor that the user last worked in, also while the chat or an output panel has the focus.

import { l10n, window, type Disposable, type TextEditor } from "vscode";

import { UserError } from "./problems.ts";

/** Text editors that are parts of the workbench rather than documents. */
const workbenchSchemes = ["output", "debug", "comment", "vscode-scm", "chatSessionInput"];

export class LastEditor implements Disposable {
  #editor = onDocument(window.activeTextEditor);
  readonly #listener = window.onDidChangeActiveTextEditor((editor) => {
    this.#editor = onDocument(editor) ?? this.#editor;
  });

  /** The editor; throws an error for the user when there is none, or its document was closed. */
  get(): TextEditor {
    if (!this.#editor || this.#editor.document.isClosed) throw new UserError(l10n.t("Open a file in an editor first."));
    return this.#editor;
  }

  dispose(): void {
    this.#listener.dispose();
  }
}

function onDocument(editor: TextEditor | undefined): TextEditor | undefined {
  return editor && !workbenchSchemes.includes(editor.document.uri.scheme) ? editor : undefined;
}
