// Editor states drawn as pictures: `║` is the cursor.

import { TextDocument } from "vscode-languageserver-textdocument";

import { type CompletionRequest, completionRequest, type CompletionSite } from "../../server/completion/request.ts";

/** The request at the cursor of a picture. */
export function requestAt(picture: string, site: Partial<CompletionSite> = {}): CompletionRequest {
  const cursor = picture.indexOf("║");
  const text = picture.replace("║", "");
  const document = TextDocument.create("file:///picture", "plaintext", 1, text);
  return completionRequest({ document, position: document.positionAt(cursor), automatic: true, ...site });
}
