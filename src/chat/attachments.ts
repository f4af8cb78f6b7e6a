// Code from an editor as an attachment of a message, and the way back from an attachment to its code.

import { randomUUID } from "node:crypto";

import {
  NotebookRange,
  Range,
  Uri,
  l10n,
  window,
  workspace,
  type NotebookCell,
  type TextDocument,
  type TextEditor,
} from "vscode";

import { UserError } from "../problems.ts";
import type { Attachment } from "../shared/protocol.ts";
import { findEnclosingSymbol } from "./enclosingSymbol.ts";
import { lineLabel } from "./lineLabel.ts";

/** About 25 000 tokens: more than this is a mistake more often than a question. */
const longestAttachment = 100_000;

export function attachFile({ document }: TextEditor): Attachment {
  return attach(document);
}

export function attachSelection({ document, selection }: TextEditor): Attachment {
  if (selection.isEmpty) throw new UserError(l10n.t("Select the code to attach first."));
  return attach(document, selection);
}

/** The selection; without one the function or class around the cursor, else the cursor's line. */
export async function attachCodeAtCursor({ document, selection }: TextEditor): Promise<Attachment> {
  if (!selection.isEmpty) return attach(document, selection);
  const line = document.lineAt(selection.active);
  const range =
    (await findEnclosingSymbol(document, selection.active)) ?? (line.isEmptyOrWhitespace ? undefined : line.range);
  if (!range) throw new UserError(l10n.t("Select the code to explain first."));
  return attach(document, range);
}

/** Shows the code that was attached, at its place. */
export async function showAttachment({ uri, range }: Attachment): Promise<void> {
  const target = Uri.parse(uri, true);
  const cell = findCell(target);
  if (cell) {
    const selections = [new NotebookRange(cell.index, cell.index + 1)];
    await window.showNotebookDocument(cell.notebook, { selections });
    return;
  }
  const isOpen = workspace.textDocuments.some((document) => document.uri.toString() === target.toString());
  if (!isOpen && ["untitled", "vscode-notebook-cell"].includes(target.scheme)) {
    throw new UserError(l10n.t("The document of this attachment is no longer open."));
  }
  const selection = range && new Range(range.startLine, 0, range.endLine + 1, 0);
  await window.showTextDocument(target, selection && { selection });
}

function attach(document: TextDocument, range?: Range): Attachment {
  const text = document.getText(range);
  if (text.trim() === "") throw new UserError(l10n.t("There is no text to attach."));
  if (text.length > longestAttachment) {
    throw new UserError(
      l10n.t("This is too much to attach: {0} characters. Select at most {1}.", text.length, longestAttachment),
    );
  }
  // A selection up to the start of a line does not hold that line.
  const endLine = range && (range.end.character === 0 && !range.isSingleLine ? range.end.line - 1 : range.end.line);
  const lines = range && endLine !== undefined ? { startLine: range.start.line, endLine } : undefined;
  return {
    id: randomUUID(),
    label: lineLabel(documentLabel(document), lines),
    uri: document.uri.toString(),
    languageId: document.languageId,
    text,
    ...(lines && { range: lines }),
  };
}

function documentLabel({ uri }: TextDocument): string {
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  const cell = findCell(uri);
  return cell ? l10n.t("{0}, cell {1}", name, cell.index + 1) : name;
}

function findCell(uri: Uri): NotebookCell | undefined {
  const cells = workspace.notebookDocuments.flatMap((notebook) => notebook.getCells());
  return cells.find((cell) => cell.document.uri.toString() === uri.toString());
}
