// “Edit Selection…”: instruction → model → proposal.

import { randomUUID } from "node:crypto";

import { Range, l10n, window, workspace, type TextDocument, type TextEditor } from "vscode";

import { findEnclosingSymbol } from "../chat/enclosingSymbol.ts";
import { UserError, showProblem } from "../problems.ts";
import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import type { EditParams, EditResult } from "../shared/edit.ts";
import { askConsent, askTextAgain, showInformationMessage, showProgress } from "../surfaces.ts";
import type { EditInstructions } from "./instructions.ts";
import { type Proposals, showPlace } from "./proposals.ts";

export interface EditDependencies {
  readonly instructions: EditInstructions;
  readonly proposals: Proposals;
  readonly server: ServerClient;
  readonly settings: Settings;
}

/** Characters around the text that are sent along; the server uses less. */
const contextLength = 8_000;

export async function editSelection(editor: TextEditor, dependencies: EditDependencies): Promise<void> {
  const { instructions } = dependencies;
  const { document } = editor;
  const { version } = document;
  const selected = await rangeToEdit(document, editor.selection);
  const instruction = await askTextAgain(
    l10n.t("Edit {0}", nameOf(document)),
    l10n.t("What should be changed? For example: handle errors, rename, add types"),
    instructions.list(),
  );
  if (instruction === undefined) return;
  await instructions.add(instruction);
  // The text may have moved meanwhile, as where saving formats it; the selection has moved with it.
  const range = document.version === version ? selected : await rangeToEdit(document, editor.selection);
  // The selection's ground would hide that of the changes, and the first of them is the next one from here.
  showPlace(editor, new Range(range.start, range.start));
  await proposeEdit(document, range, { command: "edit", instruction }, dependencies);
}

/** Asks the model for a new text of the range, and shows it as a proposal while it comes. */
export async function proposeEdit(
  document: TextDocument,
  range: Range,
  asked: Pick<EditParams, "command" | "instruction">,
  { proposals, server }: EditDependencies,
): Promise<void> {
  const params = { ...asked, ...placeOf(document, range), partialResultToken: randomUUID() };
  const proposal = proposals.begin(document, range);
  try {
    const result = await showProgress(l10n.t("Falcon edits {0}", nameOf(document)), async (report, cancelled) => {
      let lines = 0;
      const onDelta = (text: string) => {
        lines += text.split("\n").length - 1;
        report(l10n.t("{0} lines", lines));
        proposal.add(text);
      };
      const result = await server.edit(params, onDelta, AbortSignal.any([cancelled, proposal.ended]));
      // Screen readers say what a notification tells, and not that something in the editor has changed.
      const { stopReason, problem, text } = result;
      if (stopReason === "end" && !problem && text.trim() !== "" && text !== params.text)
        report(l10n.t("the changes are ready"));
      return result;
    });
    if (proposal.ended.aborted || !(await isOfUse(result, params.text, document))) {
      proposal.dispose();
      if (proposal.endedBy === "document") throw endedError(document);
      return;
    }
    if (!window.visibleTextEditors.some((each) => each.document === document)) {
      void showInformationMessage(l10n.t("The changes of {0} are ready. They are shown when it is.", nameOf(document)));
    }
    const outcome = await proposal.finish(result.text);
    if (outcome === "ended" && proposal.endedBy === "document") throw endedError(document);
    if (outcome === "readOnly") await showInNewDocument(document, result.text);
    if (proposal.conflicts > 0) {
      void showInformationMessage(
        l10n.t("{0} changes were left out: you have changed the same lines meanwhile.", proposal.conflicts),
      );
    }
  } catch (error) {
    proposal.dispose();
    throw proposal.endedBy === "document" ? endedError(document) : error;
  }
}

function endedError(document: TextDocument): UserError {
  return new UserError(l10n.t("The edit was stopped: {0} was closed or renamed.", nameOf(document)));
}

/** Whether a result can be shown; if not, the user is told why. */
export async function isOfUse(result: EditResult, original: string, document: TextDocument): Promise<boolean> {
  const { text, stopReason, problem } = result;
  if (problem) void showProblem(problem);
  if (problem ?? stopReason === "aborted") return false;
  if (stopReason === "interrupted") {
    throw new UserError(l10n.t("The model's process ended while it wrote. {0} is as it was.", nameOf(document)));
  }
  if (stopReason === "limit") {
    throw new UserError(
      l10n.t("The answer reached its limit before its end. {0} is as it was. Select less.", nameOf(document)),
    );
  }
  if (text.trim() === "" && (original === "" || text !== original))
    throw new UserError(l10n.t("The model's answer is empty. {0} is as it was.", nameOf(document)));
  if (text === original) {
    void showInformationMessage(l10n.t("The model changed nothing. Say what to change in other words."));
    return false;
  }
  return !deletesMost(original, text) || askToDelete(document);
}

/** A text so short that losing most of it is no accident. */
const shortText = 200;

function deletesMost(original: string, text: string): boolean {
  return original.length > shortText && text.length < original.length / 3;
}

function askToDelete(document: TextDocument): Promise<boolean> {
  return askConsent(
    l10n.t("The edit would delete most of the text in {0}. Show it anyway?", nameOf(document)),
    l10n.t("Show Changes"),
  );
}

/** The lines of the selection; without one the symbol at the cursor, else the cursor's line. */
export async function rangeToEdit(document: TextDocument, selection: Range): Promise<Range> {
  const chosen = selection.isEmpty ? await findEnclosingSymbol(document, selection.start) : selection;
  const { start, end } = chosen ?? document.lineAt(selection.start).range;
  // A selection up to the start of a line does not hold that line.
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return new Range(start.line, 0, last, document.lineAt(last).text.length);
}

function placeOf(
  document: TextDocument,
  range: Range,
): Pick<EditParams, "uri" | "languageId" | "text" | "before" | "after"> {
  const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  const around = (from: number, to: number) =>
    document.getText(new Range(document.positionAt(Math.max(0, from)), document.positionAt(to)));
  return {
    uri: document.uri.toString(),
    languageId: document.languageId,
    text: document.getText(range),
    before: around(start - contextLength, start),
    after: around(end, end + contextLength),
  };
}

async function showInNewDocument(document: TextDocument, content: string): Promise<void> {
  await window.showTextDocument(await workspace.openTextDocument({ content, language: document.languageId }));
  void showInformationMessage(l10n.t("{0} is read-only. This is its text with the changes.", nameOf(document)));
}

function nameOf({ uri }: TextDocument): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}
