// The documents that the client has open, and the notebooks that some of them are cells of.

import {
  type Connection,
  type NotebookCell,
  NotebookCellKind,
  NotebookDocuments,
  TextDocuments,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";

export interface OpenDocuments {
  get(uri: string): TextDocument | undefined;
  /** The code of a notebook's cells before this one, for a document that is a cell; else an empty string. */
  precedingCells(uri: string): string;
}

export function listenToDocuments(connection: Connection): OpenDocuments {
  const documents = new TextDocuments(TextDocument);
  const notebooks = new NotebookDocuments(documents);
  notebooks.listen(connection);
  documents.listen(connection);
  return {
    get: (uri) => documents.get(uri),
    precedingCells(uri) {
      const cell = notebooks.getNotebookCell(uri);
      const notebook = cell && notebooks.findNotebookDocumentForCell(cell);
      if (!notebook) return "";
      const languageId = documents.get(uri)?.languageId;
      const isSameCode = ({ kind, document }: NotebookCell) =>
        kind === NotebookCellKind.Code && documents.get(document)?.languageId === languageId;
      return notebook.cells
        .slice(
          0,
          notebook.cells.findIndex(({ document }) => document === uri),
        )
        .filter(isSameCode)
        .map(({ document }) => `${documents.get(document)?.getText() ?? ""}\n\n`)
        .join("");
    },
  };
}
