// What is done with a block of code of an answer, besides copying and inserting it: a new file, or a run in the terminal.

import { l10n, languages, window, workspace } from "vscode";

import { UserError } from "../problems.ts";
import { askChoice, openTerminal } from "../surfaces.ts";

/** What fences call languages that VS Code calls otherwise. */
const languageIds: Readonly<Record<string, string>> = {
  js: "javascript",
  jsx: "javascriptreact",
  ts: "typescript",
  tsx: "typescriptreact",
  py: "python",
  rb: "ruby",
  rs: "rust",
  cs: "csharp",
  "c++": "cpp",
  sh: "shellscript",
  bash: "shellscript",
  zsh: "shellscript",
  shell: "shellscript",
  md: "markdown",
  yml: "yaml",
  tex: "latex",
};

/** As much as the question before a run shows: what is run is what one has read. */
const longestCommand = 400;

export async function openNewFile(content: string, fence: string): Promise<void> {
  const name = fence.toLowerCase();
  const id = Object.hasOwn(languageIds, name) ? (languageIds[name] ?? name) : name;
  const isKnown = (await languages.getLanguages()).includes(id);
  await window.showTextDocument(await workspace.openTextDocument({ content, language: isKnown ? id : "plaintext" }));
}

/** Asks each time: a model has written it. */
export async function runInTerminal(code: string): Promise<void> {
  const command = code.trim();
  if (command === "") return;
  if (!workspace.isTrusted) throw new UserError(l10n.t("Nothing is run in a workspace that you do not trust."));
  if (/[^\P{Cc}\n\t]|\p{Bidi_Control}/u.test(command)) {
    throw new UserError(
      l10n.t("This is not run: it has invisible characters, and would do something else than it says."),
    );
  }
  if (command.length > longestCommand) {
    throw new UserError(l10n.t("This is too long to be read before it is run. Copy it instead."));
  }
  const run = l10n.t("Run");
  const shown = command.replaceAll("\n", " ⏎ ");
  if ((await askChoice(l10n.t("Run this in the terminal? A model has written it."), shown, run)) !== run) return;
  const terminal = openTerminal();
  terminal.show(true);
  terminal.sendText(command);
}
