// “Summarise”, “Outline”, “Title” and “Continue”: a text about a text, and where it goes.

import { randomUUID } from "node:crypto";

import {
  Range,
  ViewColumn,
  env,
  l10n,
  window,
  workspace,
  type Position,
  type TextDocument,
  type TextEditor,
} from "vscode";

import { showProblem, UserError } from "../../problems.ts";
import { digestProgress, digestRequest } from "../../shared/methods.ts";
import { oneLine, plainText } from "../../shared/plainText.ts";
import type { DigestCommand } from "../../shared/prose.ts";
import { showInformationMessage, showProgress } from "../../surfaces.ts";
import type { ProseDependencies } from "./rewriteText.ts";

export async function digestText(
  { document, selection }: TextEditor,
  { command, title }: { readonly command: DigestCommand; readonly title: string },
  { proposals, server }: ProseDependencies,
): Promise<void> {
  const begins = document.positionAt(0);
  const whole = new Range(begins, command === "continue" ? selection.end : document.positionAt(Infinity));
  const range = command === "continue" || selection.isEmpty ? whole : new Range(selection.start, selection.end);
  const text = document.getText(range);
  if (text.trim() === "") throw new UserError(l10n.t("There is no text yet. Write some first."));
  const { uri, languageId } = document;
  const params = { command, uri: uri.toString(), languageId, text, partialResultToken: randomUUID() };
  const result = await showProgress(title, (report, signal) =>
    server.stream(digestRequest, digestProgress, params, (done) => report("", done), signal),
  );
  if (result.problem) {
    void showProblem(result.problem);
    return;
  }
  if (result.stopReason === "aborted") return;
  if (result.stopReason === "interrupted" || result.text.trim() === "") {
    throw new UserError(l10n.t("The model's answer is empty. Try again, or choose another model."));
  }
  const propose = (position: Position, inserted: string) => {
    void proposals.begin(document, new Range(position, position), "words").finish(inserted);
  };
  switch (command) {
    case "summarise":
    case "outline":
      await showBeside(result.text);
      return;
    case "title": {
      const heading = oneLine(result.text.replace(/^#+\s*/, "").replace(/^["“*]+|["”*]+$/g, ""));
      if (languageId === "markdown") propose(placeOfTitle(document, range), `# ${heading}\n\n`);
      else {
        await env.clipboard.writeText(heading);
        void showInformationMessage(l10n.t("The title is on the clipboard: {0}", plainText(heading)));
      }
      return;
    }
    case "continue": {
      const before = document.lineAt(selection.end).text.slice(0, selection.end.character);
      propose(selection.end, before.trim() === "" ? result.text : `\n\n${result.text}`);
    }
  }
}

/** Above the text, but below front matter. */
function placeOfTitle(document: TextDocument, { start }: Range): Position {
  const fence = document.lineAt(0).text.trim();
  if (start.line > 0 || (fence !== "---" && fence !== "+++")) return start.with({ character: 0 });
  for (let line = 1; line < document.lineCount - 1; line++) {
    if (document.lineAt(line).text.trim() === fence) return document.lineAt(line + 1).range.start;
  }
  return start;
}

async function showBeside(content: string): Promise<void> {
  const document = await workspace.openTextDocument({ content: `${content}\n`, language: "markdown" });
  await window.showTextDocument(document, { viewColumn: ViewColumn.Beside, preview: false });
}
