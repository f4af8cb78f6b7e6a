// Which documents the server is told of: all that can be edited, wherever they live and whenever their folder comes.

import { workspace, type TextDocument } from "vscode";
import type { Middleware } from "vscode-languageclient/node";

/** A selector holds as long as the client runs, so it cannot name schemes: a folder of another one may come later. */
export const everyDocument = ["*"];

/** Documents that can be edited without being files. */
const fileless = ["untitled", "vscode-notebook-cell"];

/** Whether a user edits the document: output panels, versions of the past and the like are documents too. */
export function isEditable({ uri: { scheme } }: TextDocument): boolean {
  return fileless.includes(scheme) || workspace.fs.isWritableFileSystem(scheme) === true;
}

export const documentSync: Middleware = {
  didOpen: async (document, next) => {
    if (isEditable(document)) await next(document);
  },
  didChange: async (event, next) => {
    if (isEditable(event.document)) await next(event);
  },
  didClose: async (document, next) => {
    if (isEditable(document)) await next(document);
  },
};
