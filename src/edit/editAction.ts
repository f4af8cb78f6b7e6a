// “Edit with Falcon” in the lightbulb of a selection.

import { CodeAction, CodeActionKind, languages, l10n, type Disposable } from "vscode";

export function registerEditAction(): Disposable {
  const kind = CodeActionKind.RefactorRewrite.append("falcon");
  return languages.registerCodeActionsProvider(
    { scheme: "*" },
    {
      provideCodeActions(_document, range) {
        if (range.isEmpty) return [];
        const action = new CodeAction(l10n.t("Edit with Falcon…"), kind);
        action.command = { title: action.title, command: "falcon.editSelection" };
        return [action];
      },
    },
    { providedCodeActionKinds: [kind] },
  );
}
