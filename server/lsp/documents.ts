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
  /** What a document lies in: its own URI, and for a cell that of the notebook. */
  urisOf(uri: string): readonly string[];
  /** The code of a notebook's cells before this one, for a document that is a cell; else an empty string. */
  precedingCells(uri: string): string;
}

export function listenToDocuments(connection: Connection): OpenDocuments {
  const documents = new TextDocuments(TextDocument);
  const notebooks = new NotebookDocuments(documents);
  notebooks.listen(connection);
  documents.listen(connection);
  const notebookOf = (uri: string) => {
    const cell = notebooks.getNotebookCell(uri);
    return cell && notebooks.findNotebookDocumentForCell(cell);
  };
  return {
    get: (uri) => documents.get(uri),
    urisOf(uri) {
      const notebook = notebookOf(uri);
      return notebook ? [uri, notebook.uri] : [uri];
    },
    precedingCells(uri) {
      const notebook = notebookOf(uri);
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
