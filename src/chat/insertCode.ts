// Code of an answer into the editor, as one step to undo.

import { SnippetString, l10n, window, type TextEditor } from "vscode";

import { UserError } from "../problems.ts";

/** Takes the place of the selection, like a paste, with the indentation of the line it comes into. */
export async function insertCode(code: string, lastEditor: TextEditor): Promise<void> {
  // The editor of a notebook's cell has no column of its own; every other one is brought to the front.
  const { document, viewColumn } = lastEditor;
  const editor = viewColumn === undefined ? lastEditor : await window.showTextDocument(document, viewColumn);
  const before = document.version;
  await editor.insertSnippet(new SnippetString().appendText(code));
  if (document.version === before)
    throw new UserError(l10n.t("The code could not be inserted: the file is read-only."));
}
