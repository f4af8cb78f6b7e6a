// “Name This”: the code around a symbol → model → names to choose from → the language's own rename.

import { randomUUID } from "node:crypto";

import { Range, commands, l10n, workspace, type Position, type TextDocument, type TextEditor } from "vscode";
import type { WorkspaceEdit } from "vscode";

import { findEnclosingSymbol } from "../chat/enclosingSymbol.ts";
import { UserError, showProblem } from "../problems.ts";
import { plainName, plainText } from "../shared/plainText.ts";
import { askTextAgain, showProgress } from "../surfaces.ts";
import type { EditDependencies } from "./editSelection.ts";
import { isIdentifier, suggestNames } from "./names.ts";

/** Lines on each side of the symbol, where no function is around it. */
const linesAround = 20;

export async function nameThis(
  { document, selection }: TextEditor,
  { server }: Pick<EditDependencies, "server">,
): Promise<void> {
  const place = selection.start;
  const word = document.getWordRangeAtPosition(place);
  const old = word && document.getText(word);
  if (old === undefined || !isIdentifier(old)) throw new UserError(l10n.t("Put the cursor on a name first."));
  // Before a model is asked: whether there is a rename that answers here.
  if (typeof (await rename(document, place, `${old}_`)) === "string") {
    throw new UserError(
      l10n.t("No extension can rename this: none for {0} does, or the place has no symbol.", document.languageId),
    );
  }
  const { version } = document;
  const names = await askNames(document, place, old, server);
  if (names === undefined) return;
  const name = await askTextAgain(
    l10n.t("Rename {0}", plainName(old)),
    names.length > 0 ? l10n.t("Choose a name, or write your own") : l10n.t("The model found no name. Write your own"),
    names,
  );
  if (name === undefined || name === old) return;
  if (!isIdentifier(name)) throw new UserError(l10n.t("{0} cannot be a name here.", plainName(name)));
  const now = document.getWordRangeAtPosition(place);
  if (document.version !== version && (!now || document.getText(now) !== old)) {
    throw new UserError(l10n.t("{0} is no longer at its place. Nothing was renamed.", plainName(old)));
  }
  await applyRename(document, place, old, name);
}

async function applyRename(document: TextDocument, place: Position, old: string, name: string): Promise<void> {
  const edit = await rename(document, place, name);
  if (typeof edit === "string") {
    throw new UserError(
      l10n.t("{0} was not renamed: {1}", plainName(old), plainText(edit || l10n.t("no reason is given"))),
    );
  }
  if (!(await workspace.applyEdit(edit, { isRefactoring: true }))) {
    throw new UserError(
      l10n.t("{0} could not be renamed: a file of its uses is read-only, or was changed.", plainName(old)),
    );
  }
}

/** Nothing where the user cancels, or the model is not asked. */
async function askNames(
  document: TextDocument,
  place: Position,
  old: string,
  server: EditDependencies["server"],
): Promise<string[] | undefined> {
  const around = new Range(Math.max(0, place.line - linesAround), 0, place.line + linesAround + 1, 0);
  const range = (await findEnclosingSymbol(document, place)) ?? document.validateRange(around);
  const params = {
    command: "name",
    instruction: old,
    uri: document.uri.toString(),
    languageId: document.languageId,
    text: document.getText(range),
    before: "",
    after: "",
    partialResultToken: randomUUID(),
  } as const;
  const title = l10n.t("Falcon looks for a name for {0}", plainName(old));
  const result = await showProgress(title, (_, cancelled) => server.edit(params, () => undefined, cancelled));
  if (result.problem) void showProblem(result.problem);
  if (result.problem ?? result.stopReason === "aborted") return undefined;
  if (result.stopReason === "interrupted") {
    throw new UserError(l10n.t("The model's process ended while it wrote. Nothing was renamed."));
  }
  // A list that is cut has whole names before its end.
  const written = result.stopReason === "limit" ? result.text.slice(0, result.text.lastIndexOf("\n") + 1) : result.text;
  return suggestNames(written, old, document.languageId);
}

/** The changes of a rename, as the language's extension gives them, or why it gives none. */
async function rename({ uri }: TextDocument, place: Position, name: string): Promise<WorkspaceEdit | string> {
  const command = "vscode.executeDocumentRenameProvider";
  try {
    const edit = await commands.executeCommand<WorkspaceEdit | undefined>(command, uri, place, name);
    return edit && edit.size > 0 ? edit : "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
