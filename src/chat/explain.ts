// “Explain Error” and “Explain Terminal Output”: what is asked in the chat, and what goes with the question. It is data, whoever wrote it.

import { Range, Uri, l10n, languages, workspace, type TextDocument, type TextEditor } from "vscode";

import { describeProblems, isReported } from "../edit/describeProblems.ts";
import type { LastEditor } from "../lastEditor.ts";
import { UserError } from "../problems.ts";
import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import { gatheredUri } from "../shared/chatContext.ts";
import { statusOf } from "../shared/modelRoles.ts";
import { plainName } from "../shared/plainText.ts";
import type { Attachment } from "../shared/chat.ts";
import { attachDocument } from "./attachments.ts";
import type { Chat } from "./chat.ts";
import type { ChatView } from "./chatView.ts";
import { gathered, roomFor } from "./context/source.ts";
import { type TerminalOutput, attachTerminalSelection } from "./context/terminalOutput.ts";
import { findEnclosingSymbol } from "./enclosingSymbol.ts";

export interface ExplainDependencies {
  readonly chat: Chat;
  readonly chatView: ChatView;
  readonly lastEditor: LastEditor;
  readonly server: ServerClient;
  readonly settings: Settings;
  readonly terminalOutput: TerminalOutput;
}

/** Lines on each side of what is reported, where no function is around it or a long one. */
const linesAround = 20;

/** What is asked, and what goes with it. */
export interface Question {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

export function explainCommands(dependencies: ExplainDependencies): Record<string, (...args: unknown[]) => unknown> {
  const { chat, chatView, lastEditor, server, settings, terminalOutput } = dependencies;
  const ask = async ({ text, attachments }: Question) => {
    chat.ask(text, attachments);
    await chatView.focus();
  };
  const room = () => roomFor(statusOf(server.status, "chat"));
  return {
    "falcon.explainError": async (uri, place) => {
      const isGiven = uri instanceof Uri && place instanceof Range;
      await ask(
        isGiven
          ? await askForError({ document: await workspace.openTextDocument(uri), range: place }, settings)
          : await askForErrorAt(lastEditor.get(), settings),
      );
    },
    "falcon.explainTerminalSelection": async () => ask(askForOutput(await attachTerminalSelection(room()))),
    "falcon.explainTerminalOutput": () => ask(askForOutput(terminalOutput.attach(room()))),
  };
}

export function askForErrorAt(editor: TextEditor, settings: Settings): Promise<Question> {
  return askForError(findReported(editor), settings);
}

export function askForOutput(attachment: Attachment): Question {
  const text = l10n.t("Explain this output of the terminal. If something failed, say why and what mends it.");
  return { text, attachments: [attachment] };
}

async function askForError({ document, range }: Reported, settings: Settings): Promise<Question> {
  const attachments = await attachError(document, range, settings);
  return { text: l10n.t("Explain this error, and say how to mend it."), attachments };
}

interface Reported {
  readonly document: TextDocument;
  readonly range: Range;
}

/** What is reported at the cursor, or else in its line. */
function findReported({ document, selection }: TextEditor): Reported {
  const reported = languages.getDiagnostics(document.uri).filter(isReported);
  const places = [selection, document.lineAt(selection.active).range];
  const found = places
    .map((place) => reported.filter(({ range }) => range.intersection(place) !== undefined))
    .find((some) => some.length > 0);
  const [first, ...others] = found ?? [];
  if (!first) throw new UserError(l10n.t("No error or warning is reported at the cursor."));
  return { document, range: others.reduce<Range>((all, { range }) => all.union(range), first.range) };
}

/** The code around it, and what is reported there. */
async function attachError(document: TextDocument, place: Range, settings: Settings): Promise<readonly Attachment[]> {
  const text = describeProblems(document, place, 0);
  if (text === "") throw new UserError(l10n.t("No error or warning is reported at the cursor."));
  const range = await codeAround(document, place);
  const isBlank = document.getText(range).trim() === "";
  // Asks for a file that may hold secrets, and what is reported may quote it.
  const code = isBlank ? [] : [await attachDocument(document, settings, range)];
  const name = document.uri.path.slice(document.uri.path.lastIndexOf("/") + 1);
  const label = l10n.t("Problems of {0}", plainName(name));
  return [...code, gathered(gatheredUri("error"), { label, languageId: "plaintext", icon: "warning", text })];
}

async function codeAround(document: TextDocument, place: Range): Promise<Range> {
  const symbol = await findEnclosingSymbol(document, place.start);
  const near = new Range(Math.max(0, place.start.line - linesAround), 0, place.end.line + linesAround + 1, 0);
  const isShort = symbol && symbol.end.line - symbol.start.line <= 3 * linesAround;
  return document.validateRange(isShort ? symbol.union(place) : near);
}
