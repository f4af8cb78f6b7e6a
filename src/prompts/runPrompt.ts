// Runs a prompt file: its words with what they stand for → model → the chat, the editor or a new document.

import { randomUUID } from "node:crypto";

import { Range, l10n, window, workspace } from "vscode";

import { attachCodeAtCursor } from "../chat/attachments.ts";
import type { Chat } from "../chat/chat.ts";
import type { ChatView } from "../chat/chatView.ts";
import { type EditDependencies, isOfUse, proposeEdit, rangeToEdit } from "../edit/editSelection.ts";
import type { LastEditor } from "../lastEditor.ts";
import { UserError } from "../problems.ts";
import { type ListItem, showList, showProgress } from "../surfaces.ts";
import { fenced, fillPrompt } from "./promptFile.ts";
import type { Prompt, PromptFiles } from "./promptFiles.ts";

export interface PromptDependencies extends EditDependencies {
  readonly chat: Chat;
  readonly chatView: ChatView;
  readonly lastEditor: LastEditor;
  readonly prompts: PromptFiles;
}

interface PromptItem extends ListItem<PromptItem> {
  readonly prompt: Prompt;
}

/** “Run Prompt…”. The lightbulb and the chat hand on which. */
export async function runPromptCommand(name: unknown, dependencies: PromptDependencies): Promise<void> {
  const { prompts } = dependencies;
  const given = prompts.all.find((prompt) => prompt.name === name);
  const prompt = given ?? (await choosePrompt(prompts));
  if (prompt) await runPrompt(prompt, dependencies);
}

async function choosePrompt(prompts: PromptFiles): Promise<Prompt | undefined> {
  if (!workspace.isTrusted)
    throw new UserError(l10n.t("Prompt files are read in workspaces that you trust."), { action: "manageTrust" });
  await prompts.read();
  const rows = () =>
    prompts.all
      .filter(({ where }) => where.includes("palette"))
      .map((prompt): PromptItem => ({
        icon: "comment-discussion",
        label: prompt.name,
        description: prompt.description,
        prompt,
      }));
  if (rows().length === 0) {
    throw new UserError(l10n.t("There is no prompt file for this list. Write one as {0}.", ".falcon/prompts/NAME.md"));
  }
  const title = l10n.t("Run Prompt");
  const chosen = await showList({ title, placeholder: l10n.t("Prompt files of the workspace"), items: rows });
  return chosen?.prompt;
}

async function runPrompt(prompt: Prompt, dependencies: PromptDependencies): Promise<void> {
  if (prompt.answer === "chat") await askInChat(prompt, dependencies);
  else if (prompt.answer === "newDocument") await writeNewDocument(prompt, dependencies);
  else {
    const { document, selection } = dependencies.lastEditor.get();
    const isInsert = prompt.answer === "insert";
    const range = isInsert ? new Range(selection.end, selection.end) : await rangeToEdit(document, selection);
    const instruction = await fillFrom(prompt, dependencies);
    await proposeEdit(document, range, { command: "edit", instruction }, dependencies);
  }
}

/** The selection goes along as what it is, which the user sees, and the words name it. */
async function askInChat(
  { text }: Prompt,
  { chat, chatView, lastEditor, settings }: PromptDependencies,
): Promise<void> {
  const attachments = text.includes("${selection}") ? [await attachCodeAtCursor(lastEditor.get(), settings)] : [];
  chat.ask(fillPrompt(text, { ...placeOf(lastEditor), selection: attachments[0]?.label ?? "" }), attachments);
  await chatView.focus();
}

async function writeNewDocument(prompt: Prompt, dependencies: PromptDependencies): Promise<void> {
  const document = dependencies.lastEditor.document;
  const params = {
    command: "compose",
    instruction: await fillFrom(prompt, dependencies),
    uri: (document?.uri ?? prompt.uri).toString(),
    languageId: "markdown",
    text: "",
    before: "",
    after: "",
    partialResultToken: randomUUID(),
  } as const;
  const result = await showProgress(l10n.t("Falcon runs {0}", prompt.name), (_, cancelled) =>
    dependencies.server.edit(params, () => undefined, cancelled),
  );
  const file = await workspace.openTextDocument(prompt.uri);
  if (!(await isOfUse(result, "", file))) return;
  const content = `${result.text.trim()}\n`;
  await window.showTextDocument(await workspace.openTextDocument({ content, language: "markdown" }));
}

/** The words, with the selected code in a block: it is data, whatever it says. */
async function fillFrom({ text }: Prompt, { lastEditor }: PromptDependencies): Promise<string> {
  if (!text.includes("${selection}")) return fillPrompt(text, { ...placeOf(lastEditor), selection: "" });
  const { document, selection } = lastEditor.get();
  const code = document.getText(await rangeToEdit(document, selection));
  if (code.trim() === "") throw new UserError(l10n.t("Select the code first."));
  return fillPrompt(text, { ...placeOf(lastEditor), selection: `\n${fenced(code, document.languageId)}\n` });
}

function placeOf({ document }: LastEditor): { readonly file: string; readonly language: string } {
  return { file: document ? workspace.asRelativePath(document.uri) : "", language: document?.languageId ?? "" };
}
