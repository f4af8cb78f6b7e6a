// Stands between the editor and the server for ghost text: where it is written, and quiet failures.

import {
  CancellationError,
  commands,
  l10n,
  window,
  type LogOutputChannel,
  type TextDocument,
  type TextEditor,
} from "vscode";
import type { Middleware } from "vscode-languageclient/node";

import { UserError } from "../problems.ts";
import { isEditable } from "../server/documentSync.ts";
import type { Settings } from "../settings.ts";
import { describeCompletions } from "../status/statusBarView.ts";

/** Whether ghost text is written in a document, and what has it switched off. */
export type Completions = "on" | "off" | "offForLanguage" | "offForFile";

/** Without a document: whether ghost text is written at all. */
export function completionsFor(document: TextDocument | undefined, settings: Settings): Completions {
  if (!settings.completionsEnabled(document)) {
    return document && settings.completionsEnabled() ? "offForLanguage" : "off";
  }
  return document && settings.isExcluded(document.uri) ? "offForFile" : "on";
}

export function inlineCompletionMiddleware(settings: Settings, log: LogOutputChannel): Middleware {
  return {
    async provideInlineCompletionItems(document, position, context, token, next) {
      if (!isEditable(document) || completionsFor(document, settings) !== "on") return undefined;
      try {
        return await next(document, position, context, token);
      } catch (error) {
        // A rejection would reach the user once per key.
        if (!(error instanceof CancellationError)) log.error(error instanceof Error ? error : String(error));
        return undefined;
      }
    },
  };
}

/** Asks for ghost text at an editor's cursor, with the focus there. */
export async function triggerCompletion({ document, viewColumn }: TextEditor, settings: Settings): Promise<void> {
  const completions = completionsFor(document, settings);
  if (completions !== "on") throw new UserError(describeCompletions(completions, document.languageId, l10n));
  if (!isEditable(document)) throw new UserError(l10n.t("The line cannot be completed: the file is read-only."));
  // An editor in a diff or a notebook has no column, and to show its document would open another tab.
  if (viewColumn === undefined) await commands.executeCommand("workbench.action.focusActiveEditorGroup");
  else await window.showTextDocument(document, viewColumn);
  await commands.executeCommand("editor.action.inlineSuggest.trigger");
}
