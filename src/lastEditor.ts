// The text editor that the user last worked in, also while the chat or an output panel has the focus.

import {
  Disposable,
  EventEmitter,
  TabInputNotebook,
  TabInputText,
  TabInputTextDiff,
  l10n,
  window,
  workspace,
  type TextDocument,
  type TextEditor,
} from "vscode";

import { contextScheme } from "./completion/contextDocument.ts";
import { UserError } from "./problems.ts";

/** Text editors that are parts of the workbench, or say something of a document, rather than documents. */
const workbenchSchemes = ["output", "debug", "comment", "vscode-scm", "chatSessionInput", contextScheme];

export class LastEditor implements Disposable {
  #editor = onDocument(window.activeTextEditor);
  readonly #change = new EventEmitter<void>();
  readonly #listeners = Disposable.from(
    this.#change,
    window.onDidChangeActiveTextEditor((editor) => {
      this.#editor = onDocument(editor) ?? this.#editor;
      this.#change.fire();
    }),
    // VS Code closes a document and opens it again when its language changes.
    workspace.onDidOpenTextDocument((document) => this.#fireFor(document)),
    workspace.onDidCloseTextDocument((document) => this.#fireFor(document)),
  );

  /** Fires when another document is the last, and when its language changes. */
  readonly onDidChange = this.#change.event;

  /** The editor; throws an error for the user when there is none, or it was closed. */
  get(): TextEditor {
    if (!this.#editor || !isOpen(this.#editor)) throw new UserError(l10n.t("Open a file in an editor first."));
    return this.#editor;
  }

  /** The editor's document, unless there is none. */
  get document(): TextDocument | undefined {
    return this.#editor?.document.isClosed === false ? this.#editor.document : undefined;
  }

  dispose(): void {
    this.#listeners.dispose();
  }

  #fireFor(document: TextDocument): void {
    if (document === this.#editor?.document) this.#change.fire();
  }
}

/** Whether it is the user's, and no part of the workbench. */
export function isUsers({ uri }: TextDocument): boolean {
  return !workbenchSchemes.includes(uri.scheme);
}

function onDocument(editor: TextEditor | undefined): TextEditor | undefined {
  return editor && isUsers(editor.document) ? editor : undefined;
}

/** VS Code keeps the document of a closed editor for minutes, so that its tab tells; some visible editors are in no tab. */
function isOpen(editor: TextEditor): boolean {
  if (editor.document.isClosed) return false;
  if (window.visibleTextEditors.includes(editor)) return true;
  const { path } = editor.document.uri;
  return window.tabGroups.all.some(({ tabs }) => tabs.some(({ input }) => pathsOf(input).includes(path)));
}

/** The paths of what a tab shows; a notebook's is that of its cells. */
function pathsOf(input: unknown): string[] {
  if (input instanceof TabInputTextDiff) return [input.original.path, input.modified.path];
  if (input instanceof TabInputText || input instanceof TabInputNotebook) return [input.uri.path];
  return [];
}
