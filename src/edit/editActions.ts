// What the lightbulb offers: mending of what is reported at the place, and the rewriting of a selection.

import {
  CodeAction,
  CodeActionKind,
  languages,
  l10n,
  type CodeActionContext,
  type Disposable,
  type Range,
  type TextDocument,
} from "vscode";

import { isUsers } from "../lastEditor.ts";
import type { PromptFiles } from "../prompts/promptFiles.ts";
import { plainText } from "../shared/plainText.ts";
import { isReported } from "./describeProblems.ts";

const rewriteKind = CodeActionKind.RefactorRewrite.append("falcon");

export function registerEditActions(prompts: PromptFiles): Disposable {
  return languages.registerCodeActionsProvider(
    { scheme: "*" },
    {
      provideCodeActions: (document, range, context) =>
        isUsers(document)
          ? [...fixes(document, context), ...(range.isEmpty ? [] : [...rewrites(range), ...own(prompts)])]
          : [],
    },
    { providedCodeActionKinds: [CodeActionKind.QuickFix, rewriteKind] },
  );
}

/** For all that is reported there: the command reads it again when it runs. */
function fixes({ uri }: TextDocument, { diagnostics }: CodeActionContext): CodeAction[] {
  const reported = diagnostics.filter(isReported);
  const [first, ...others] = reported;
  if (!first) return [];
  const place = others.reduce<Range>((all, { range }) => all.union(range), first.range);
  const titles = { "falcon.fix": l10n.t("Fix with Falcon"), "falcon.explainError": l10n.t("Explain with Falcon") };
  return Object.entries(titles).map(([command, title]) => {
    const action = new CodeAction(title, CodeActionKind.QuickFix);
    action.diagnostics = [...reported];
    action.command = { title, command, arguments: [uri, place] };
    return action;
  });
}

/** The user's own. */
function own(prompts: PromptFiles): CodeAction[] {
  return prompts.all
    .filter(({ where }) => where.includes("lightbulb"))
    .map(({ name, description }) => {
      const action = new CodeAction(l10n.t("{0} with Falcon", plainText(description || name, 60)), rewriteKind);
      action.command = { title: action.title, command: "falcon.runPrompt", arguments: [name] };
      return action;
    });
}

function rewrites({ isSingleLine }: Range): CodeAction[] {
  const titles: Readonly<Record<string, string>> = {
    "falcon.editSelection": l10n.t("Edit with Falcon…"),
    "falcon.simplify": l10n.t("Simplify with Falcon"),
    "falcon.addTypes": l10n.t("Add Types with Falcon"),
    "falcon.addDocumentation": l10n.t("Document with Falcon"),
    ...(isSingleLine && { "falcon.nameThis": l10n.t("Name This with Falcon") }),
    "falcon.writeTests": l10n.t("Write Tests with Falcon"),
  };
  return Object.entries(titles).map(([command, title]) => {
    const action = new CodeAction(title, rewriteKind);
    action.command = { title, command };
    return action;
  });
}
