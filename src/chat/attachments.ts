// Code from an editor as an attachment of a message, and the way back from an attachment to its code.

import { randomUUID } from "node:crypto";

import {
  CancellationError,
  FileSystemError,
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
import type { Settings } from "../settings.ts";
import { gatheredScheme } from "../shared/chatContext.ts";
import { plainName, plainText } from "../shared/plainText.ts";
import type { Attachment } from "../shared/chat.ts";
import { askConsent } from "../surfaces.ts";
import { findEnclosingSymbol } from "./enclosingSymbol.ts";
import { lineLabel } from "./lineLabel.ts";

/** About 25 000 tokens: more than this is a mistake more often than a question. */
const longestAttachment = 100_000;

/** What decides which files are attached only when the user says so once more. */
type Exclusion = Pick<Settings, "isExcluded" | "chatServer">;

export async function attachSelection({ document, selection }: TextEditor, exclusion: Exclusion): Promise<Attachment> {
  if (selection.isEmpty) throw new UserError(l10n.t("Select the code to attach first."));
  return attachDocument(document, exclusion, selection);
}

/** The selection; without one the function or class around the cursor, else the cursor's line. */
export async function attachCodeAtCursor(
  { document, selection }: TextEditor,
  exclusion: Exclusion,
): Promise<Attachment> {
  if (!selection.isEmpty) return attachDocument(document, exclusion, selection);
  const line = document.lineAt(selection.active);
  const range =
    (await findEnclosingSymbol(document, selection.active)) ?? (line.isEmptyOrWhitespace ? undefined : line.range);
  if (!range) throw new UserError(l10n.t("Select the code first."));
  return attachDocument(document, exclusion, range);
}

/** Shows the code that was attached, at its place. Where that is gone, shows what was attached and throws an error that says so. */
export async function showAttachment(attachment: Attachment): Promise<void> {
  try {
    await showPlace(attachment);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { text: content, languageId: language } = attachment;
    await window.showTextDocument(await workspace.openTextDocument({ content, language }));
    throw new UserError(l10n.t("{0} Here is what was attached.", error.message));
  }
}

async function showPlace({ uri, range, text: content, languageId: language }: Attachment): Promise<void> {
  const target = Uri.parse(uri, true);
  if (target.scheme === gatheredScheme) {
    await window.showTextDocument(await workspace.openTextDocument({ content, language }));
    return;
  }
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
  try {
    await window.showTextDocument(target, selection && { selection });
  } catch (error) {
    await requireFile(target);
    throw error;
  }
}

/** Throws an error for the user when the file was deleted or moved; what else is wrong with it, opening it told. */
async function requireFile(uri: Uri): Promise<void> {
  try {
    await workspace.fs.stat(uri);
  } catch (error) {
    if (!(error instanceof FileSystemError) || error.code !== "FileNotFound") return;
    const where = uri.scheme === "file" ? uri.fsPath : uri.toString(true);
    throw new UserError(l10n.t("{0} is not there any more: it was deleted, moved or renamed.", plainText(where)));
  }
}

/**
 * A range of a document, or all of it.
 * @throws CancellationError when the user does not want a file attached that he has excluded
 */
export async function attachDocument(document: TextDocument, exclusion: Exclusion, range?: Range): Promise<Attachment> {
  const text = document.getText(range);
  if (text.trim() === "") throw new UserError(l10n.t("There is no text to attach."));
  if (text.length > longestAttachment) {
    throw new UserError(
      l10n.t("This is too much to attach: {0} characters. Select at most {1}.", text.length, longestAttachment),
    );
  }
  await requireConsent(document, exclusion);
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

/** @throws CancellationError when the user does not want a file attached that he has excluded */
export async function requireConsent({ uri }: TextDocument, exclusion: Exclusion): Promise<void> {
  if (!exclusion.isExcluded(uri)) return;
  const name = plainName(nameOf(uri));
  const { chatServer } = exclusion;
  const question =
    chatServer === undefined
      ? l10n.t(
          "{0} may hold secrets: the setting {1} names it. What you attach is read by the model and kept with the chat on this machine.",
          name,
          "falcon.excludedFiles",
        )
      : l10n.t(
          "{0} may hold secrets: the setting {1} names it. What you attach leaves this machine: it is sent to the server {2}, and kept with the chat here.",
          name,
          "falcon.excludedFiles",
          plainName(chatServer),
        );
  const isWanted = await askConsent(question, l10n.t("Attach"));
  if (!isWanted) throw new CancellationError();
}

function nameOf({ path }: Uri): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function documentLabel({ uri }: TextDocument): string {
  const name = nameOf(uri);
  const cell = findCell(uri);
  return cell ? l10n.t("{0}, cell {1}", name, cell.index + 1) : name;
}

function findCell(uri: Uri): NotebookCell | undefined {
  const cells = workspace.notebookDocuments.flatMap((notebook) => notebook.getCells());
  return cells.find((cell) => cell.document.uri.toString() === uri.toString());
}
