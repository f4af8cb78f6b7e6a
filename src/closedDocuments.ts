// Documents that are closed for good.

import { workspace, type Disposable, type TextDocument } from "vscode";

/** VS Code says of a document whose language changes that it is closed, and opened again; it stays the same document. */
export function onDidCloseDocument(listener: (document: TextDocument) => void): Disposable {
  return workspace.onDidCloseTextDocument((document) => {
    if (!workspace.textDocuments.includes(document)) listener(document);
  });
}
