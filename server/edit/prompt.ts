// The prompt of an edit: short and exact, and the answer's fence is open already, so that small models write nothing before it.

import { basename } from "node:path";

import { type PromptFormat, renderTurns } from "../chat/formats.ts";
import type { GenerateRequest, Model, PromptPart } from "../engine/engine.ts";
import { fenceFor } from "./answerText.ts";
import { editCommands, type EditRequest } from "./commands.ts";

const system =
  "You edit text in the user's editor. Write the new version of the text, complete, in one fenced block, and nothing else. " +
  "Change only what is asked for. Keep all the rest exactly as it is, with its indentation.";

const systemForNewText =
  "You write in the user's editor. Write what is asked for in one fenced block, and nothing else.";

/** A new version of a text in these may have a block in a fence that the old one has not. */
const fencedLanguages = new Set(["markdown", "mdx", "quarto", "restructuredtext", "plaintext", "git-commit"]);

/** Characters of what stands before and after the text that are worth a look. */
const contextLength = 2_000;

export interface EditPrompt {
  readonly prompt: readonly PromptPart[];
  readonly tokens: number;
  readonly fence: string;
  readonly stop: GenerateRequest["stop"];
}

/** Characters that a token stands for at most, in texts that people write. */
const longestToken = 8;

/** @param budget tokens that it should have at most: as much of the context, or of a text that may be shortened, is left out */
export async function editPrompt(
  request: EditRequest,
  format: PromptFormat,
  model: Model,
  budget: number,
): Promise<EditPrompt> {
  const { about, context } = editCommands[request.command];
  let length = about ? Math.min(request.text.length, budget * longestToken) : context ? contextLength : 0;
  for (;;) {
    const asked = about ? { ...request, text: about.shorten(request.text, length) } : request;
    const made = await promptWith(asked, about ? 0 : length, format, model, budget);
    if (made.tokens <= budget || length < 100) return made;
    length = Math.floor(about ? length * 0.8 : length / 4);
  }
}

async function promptWith(
  request: EditRequest,
  contextLength: number,
  format: PromptFormat,
  model: Model,
  budget: number,
): Promise<EditPrompt> {
  const least = fencedLanguages.has(request.languageId) ? 4 : 3;
  const fence = fenceFor(least, request.text, request.before, request.after, request.instruction ?? "");
  const stop = [`\n${fence}`, ...format.stopTokens];
  const { about, writesAnew } = editCommands[request.command];
  const turns = [
    { role: "system", text: writesAnew ? systemForNewText : system } as const,
    { role: "user", text: userText(request, fence, contextLength) } as const,
  ];
  // The text's empty lines are text, whatever the model was trained on.
  const exact = { ...format, squeezesEmptyLines: false };
  const prompt = [...renderTurns(turns, exact), ...answerStart(format, fence, about ? "" : request.languageId)];
  const tokens = 1 + (await model.countTokens(prompt, 4 * Math.max(budget, 1)));
  return { prompt, tokens, fence, stop };
}

function answerStart(format: PromptFormat, fence: string, languageId: string): PromptPart[] {
  const last = format.open.assistant.at(-1);
  const isOnNewLine = typeof last === "string" && last.endsWith("\n");
  return [`${isOnNewLine ? "" : "\n"}${fence}${languageId}\n`];
}

function userText(request: EditRequest, fence: string, contextLength: number): string {
  const { uri, languageId, text, command } = request;
  const fenced = (code: string) => `${fence}${languageId}\n${code}\n${fence}`;
  const before = lastLines(request.before, contextLength);
  const after = firstLines(request.after, contextLength);
  const around = [
    before.trim() === "" ? "" : `Before the text stands:\n${fenced(before)}`,
    after.trim() === "" ? "" : `${editCommands[command].after ?? "After the text stands:"}\n${fenced(after)}`,
  ];
  const ask = editCommands[command].ask(request);
  const task =
    text.trim() === ""
      ? [editCommands[command].writesAnew ? ask : `Write what goes at this place of ${nameOf(uri)}: ${ask}`]
      : [
          `The text, of ${nameOf(uri)}:\n${fenced(trimLines(text))}`,
          editCommands[command].writesAnew ? ask : `Change it: ${ask}`,
        ];
  return [...around, ...task].filter((part) => part !== "").join("\n\n");
}

function nameOf(uri: string): string {
  return basename(uri.split(/[?#]/, 1)[0] ?? "") || "a file";
}

/** Without empty lines at its ends: they come back as they were. */
function trimLines(text: string): string {
  return text
    .replace(/^(?:[ \t]*\r?\n)+/, "")
    .trimEnd()
    .replaceAll("\r\n", "\n");
}

function lastLines(text: string, length: number): string {
  const end = text.slice(Math.max(0, text.length - length)).replaceAll("\r\n", "\n");
  return text.length > length ? end.slice(end.indexOf("\n") + 1) : end;
}

function firstLines(text: string, length: number): string {
  const start = text.slice(0, length).replaceAll("\r\n", "\n");
  return text.length > length ? start.slice(0, Math.max(0, start.lastIndexOf("\n"))) : start;
}
