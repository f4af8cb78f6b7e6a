// The documents that the client has open, and the notebooks that some of them are cells of.

import {
  type Connection,
  type NotebookCell,
  NotebookCellKind,
  NotebookDocuments,
  type Range,
  type TextDocumentContentChangeEvent,
  TextDocuments,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";

import { isSameUri } from "../completion/request.ts";
import { cursorAfterKey } from "../completion/ahead.ts";
import { type Edit, editBetween } from "../completion/acceptance/edits.ts";

export interface OpenDocuments {
  /** An open document, however its URI is escaped. */
  get(uri: string): TextDocument | undefined;
  /** A document was opened, saved or closed. */
  onVisit(listener: (document: TextDocument) => void): void;
  /** A document has a key's edit; `cursor` is the offset behind it. */
  onKey(listener: (document: TextDocument, cursor: number) => void): void;
  /** What a document lies in: its own URI, and for a cell that of the notebook. */
  urisOf(uri: string): readonly string[];
  /** The code of a notebook's cells before and after this one, for a document that is a cell; else empty strings. */
  otherCells(uri: string): { readonly preceding: string; readonly following: string };
}

/** What follows a document's changes. */
export interface DocumentWatcher {
  /** Takes an edit that a document has just had, and the text that it wrote. */
  edit(document: TextDocument, edit: Edit, written: string): void;
  close(uri: string): void;
}

export function listenToDocuments(connection: Connection, watcher: DocumentWatcher): OpenDocuments {
  let onKey: (document: TextDocument, cursor: number) => void = () => undefined;
  const documents = new TextDocuments<TextDocument>({
    create: (...document) => TextDocument.create(...document),
    update(document, changes, version) {
      for (const change of changes) {
        const edit = editOf(document, change);
        TextDocument.update(document, [change], version);
        const written = document.getText(rangeOf(document, edit));
        watcher.edit(document, edit, written);
        const cursor = changes.length === 1 ? cursorAfterKey(edit, written) : undefined;
        if (cursor !== undefined) onKey(document, cursor);
      }
      return document;
    },
  });
  documents.onDidClose(({ document }) => watcher.close(document.uri));
  const notebooks = new NotebookDocuments(documents);
  notebooks.listen(connection);
  documents.listen(connection);
  const notebookOf = (uri: string) => {
    const cell = notebooks.getNotebookCell(uri);
    return cell && notebooks.findNotebookDocumentForCell(cell);
  };
  return {
    get: (uri) => documents.get(uri) ?? documents.all().find((each) => isSameUri(each.uri, uri)),
    onVisit(listener) {
      for (const event of [documents.onDidOpen, documents.onDidSave, documents.onDidClose]) {
        event(({ document }) => listener(document));
      }
    },
    onKey(listener) {
      onKey = listener;
    },
    urisOf(uri) {
      const notebook = notebookOf(uri);
      return notebook ? [uri, notebook.uri] : [uri];
    },
    otherCells(uri) {
      const notebook = notebookOf(uri);
      if (!notebook) return { preceding: "", following: "" };
      const languageId = documents.get(uri)?.languageId;
      const isSameCode = ({ kind, document }: NotebookCell) =>
        kind === NotebookCellKind.Code && documents.get(document)?.languageId === languageId;
      const textsOf = (cells: readonly NotebookCell[]) =>
        cells.filter(isSameCode).map(({ document }) => documents.get(document)?.getText() ?? "");
      const cursor = notebook.cells.findIndex(({ document }) => document === uri);
      return {
        preceding: textsOf(notebook.cells.slice(0, cursor))
          .map((text) => `${text}\n\n`)
          .join(""),
        following: textsOf(notebook.cells.slice(cursor + 1))
          .map((text) => `\n\n${text}`)
          .join(""),
      };
    },
  };
}

function editOf(document: TextDocument, change: TextDocumentContentChangeEvent): Edit {
  if (!("range" in change)) return editBetween(document.getText(), change.text);
  const [start, end] = [document.offsetAt(change.range.start), document.offsetAt(change.range.end)];
  return { start, end, inserted: change.text.length };
}

/** Where the text stands that an edit has written. */
function rangeOf(document: TextDocument, { start, inserted }: Edit): Range {
  return { start: document.positionAt(start), end: document.positionAt(start + inserted) };
}
