// A block of code of an answer, as changes that are proposed for the file it belongs to.

import { Range, l10n, window, type TextDocument } from "vscode";

import { findSymbols } from "../chat/enclosingSymbol.ts";
import type { LastEditor } from "../lastEditor.ts";
import { UserError } from "../problems.ts";
import { longestText } from "../shared/limits.ts";
import { type EditDependencies, proposeEdit } from "./editSelection.ts";
import { findCodeRange, indentLike } from "./findCodeRange.ts";

/**
 * Proposes the code for the file that the user works in: in the place of the lines that it is a new
 * version of, or, where these cannot be told, where the model puts it.
 */
export async function applyCodeBlock(
  code: string,
  dependencies: EditDependencies & { readonly lastEditor: LastEditor },
): Promise<void> {
  const { lastEditor, proposals } = dependencies;
  if (code.trim() === "" || code.length > longestText) throw new UserError(l10n.t("There is no code to apply."));
  const { document } = lastEditor.get();
  await showDocument(document);
  const text = document.getText();
  const lines = findCodeRange(text, code, await findSymbols(document));
  if (!lines) {
    const whole = document.validateRange(new Range(0, 0, document.lineCount, 0));
    await proposeEdit(document, whole, { command: "apply", instruction: code }, dependencies);
    return;
  }
  const range = new Range(lines.first, 0, lines.last, document.lineAt(lines.last).text.length);
  const next = indentLike(code, text, lines);
  if (next === document.getText(range).replaceAll("\r\n", "\n")) {
    throw new UserError(l10n.t("The code stands in the file already."));
  }
  const proposal = proposals.begin(document, range);
  if ((await proposal.finish(next)) !== "readOnly") return;
  throw new UserError(l10n.t("The code could not be inserted: the file is read-only."));
}

/** Shows a document where it is shown already; the editor of a notebook's cell has no column of its own. */
async function showDocument(document: TextDocument): Promise<void> {
  const shown = window.visibleTextEditors.find((editor) => editor.document === document);
  if (!shown) await window.showTextDocument(document);
  else if (shown.viewColumn !== undefined) await window.showTextDocument(document, shown.viewColumn);
}
