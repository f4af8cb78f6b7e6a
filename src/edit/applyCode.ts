// A block of code of an answer, as changes that are proposed for the file it belongs to.

import { Range, Uri, l10n, window, workspace, type TextDocument, type TextEditor } from "vscode";

import { findSymbols } from "../chat/enclosingSymbol.ts";
import type { LastEditor } from "../lastEditor.ts";
import { UserError } from "../problems.ts";
import { gatheredScheme } from "../shared/chatContext.ts";
import { longestText } from "../shared/limits.ts";
import type { Attachment } from "../shared/chat.ts";
import { type EditDependencies, proposeEdit } from "./editSelection.ts";
import { type LineRange, findCodeRange, indentLike } from "./findCodeRange.ts";
import { showPlace } from "./proposals.ts";

/**
 * Proposes the code in the place of the lines that it is a new version of: in the file that the user works in, else in one
 * that went with the chat's questions. Where these cannot be told, the model puts it into the file that the user works in.
 * @param attached what went with the questions, the oldest first
 */
export async function applyCodeBlock(
  code: string,
  attached: readonly Attachment[],
  dependencies: EditDependencies & { readonly lastEditor: LastEditor },
): Promise<void> {
  const { lastEditor, proposals } = dependencies;
  if (code.trim() === "" || code.length > longestText) throw new UserError(l10n.t("There is no code to apply."));
  const found = await findPlace(code, [lastEditor.document, ...attached.toReversed().map(({ uri }) => uri)]);
  const document = found?.document ?? lastEditor.get().document;
  const editor = await showDocument(document);
  if (!found) {
    const whole = document.validateRange(new Range(0, 0, document.lineCount, 0));
    await proposeEdit(document, whole, { command: "apply", instruction: code }, dependencies);
    return;
  }
  const { lines } = found;
  const range = new Range(lines.first, 0, lines.last, document.lineAt(lines.last).text.length);
  const next = indentLike(code, document.getText(), lines);
  if (next === document.getText(range).replaceAll("\r\n", "\n")) {
    throw new UserError(l10n.t("The code stands in the file already."));
  }
  const proposal = proposals.begin(document, range);
  if (editor) showPlace(editor, range);
  if ((await proposal.finish(next)) !== "readOnly") return;
  throw new UserError(l10n.t("The code could not be inserted: the file is read-only."));
}

interface CodePlace {
  readonly document: TextDocument;
  readonly lines: LineRange;
}

/** The first of these that has lines which the code takes the place of. */
async function findPlace(
  code: string,
  candidates: readonly (TextDocument | string | undefined)[],
): Promise<CodePlace | undefined> {
  for (const candidate of new Set(candidates)) {
    const document = typeof candidate === "string" ? await openAttached(candidate) : candidate;
    const lines = document && findCodeRange(document.getText(), code, await findSymbols(document));
    if (lines) return { document, lines };
  }
  return undefined;
}

/** None for what was gathered, and for a file that is gone. */
async function openAttached(address: string): Promise<TextDocument | undefined> {
  const uri = Uri.parse(address, true);
  if (uri.scheme === gatheredScheme) return undefined;
  return workspace.openTextDocument(uri).then(undefined, () => undefined);
}

/** Shows a document where it is shown already; the editor of a notebook's cell has no column of its own. */
async function showDocument(document: TextDocument): Promise<TextEditor | undefined> {
  const shown = window.visibleTextEditors.find((editor) => editor.document === document);
  if (shown && shown.viewColumn === undefined) return undefined;
  return window.showTextDocument(document, shown?.viewColumn);
}
