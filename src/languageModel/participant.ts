// `@falcon` in VS Code's own chat: Falcon's words for its commands, on the model of the chat, whichever VS Code has chosen.

import { randomUUID } from "node:crypto";

import {
  ChatRequestTurn,
  ChatResponseMarkdownPart,
  Disposable,
  Location,
  Uri,
  chat,
  type ChatContext,
  type ChatPromptReference,
  type ChatRequest,
  type ChatResponseStream,
  type ChatResponseTurn,
  type ChatResult,
  type CancellationToken,
  type LogOutputChannel,
} from "vscode";

import { attachCodeAtCursor, attachDocument } from "../chat/attachments.ts";
import { roomFor } from "../chat/context/source.ts";
import type { TerminalOutput } from "../chat/context/terminalOutput.ts";
import { openFile } from "../chat/context/workspaceFiles.ts";
import { type Question, askForErrorAt, askForOutput } from "../chat/explain.ts";
import type { LastEditor } from "../lastEditor.ts";
import { actionLabels, endOfFailedAnswer } from "../problems.ts";
import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import { statusOf } from "../shared/modelRoles.ts";
import { plainText } from "../shared/plainText.ts";
import type { Attachment, ChatCommand, ChatTurn, UserMessage } from "../shared/chat.ts";
import type { Problem } from "../shared/status.ts";

export interface ParticipantDependencies {
  readonly server: ServerClient;
  readonly settings: Settings;
  readonly lastEditor: LastEditor;
  readonly terminalOutput: TerminalOutput;
  readonly log: LogOutputChannel;
  /** The picture beside its answers. */
  readonly icon: Uri;
}

const commands: readonly ChatCommand[] = ["explain", "document"];

export function registerParticipant(dependencies: ParticipantDependencies): Disposable {
  const participant = chat.createChatParticipant("falcon.participant", (...asked) => answer(dependencies, ...asked));
  participant.iconPath = dependencies.icon;
  return Disposable.from(participant);
}

async function answer(
  dependencies: ParticipantDependencies,
  request: ChatRequest,
  { history }: ChatContext,
  stream: ChatResponseStream,
  token: CancellationToken,
): Promise<ChatResult> {
  const { server, log } = dependencies;
  const controller = new AbortController();
  const listener = token.onCancellationRequested(() => controller.abort());
  try {
    const question = await questionOf(request, dependencies);
    // With tools, if only none: VS Code's chat has no place for what the model thinks.
    const params = { messages: [...history.map(turnOf), question], partialResultToken: randomUUID(), tools: [] };
    const { problem, notes = [] } = await server.chat(params, (text) => stream.markdown(text), controller.signal);
    for (const note of notes) stream.markdown(`\n\n*${plainText(note)}*`);
    return problem ? failed(stream, problem) : {};
  } catch (error) {
    const { problem } = endOfFailedAnswer(error, log);
    return problem ? failed(stream, problem) : {};
  } finally {
    listener.dispose();
  }
}

function failed(stream: ChatResponseStream, { message, action }: Problem): ChatResult {
  if (action === "selectModel") stream.button({ command: "falcon.chooseModel", title: actionLabels()[action] });
  return { errorDetails: { message: plainText(message) } };
}

/** A command without code that goes with it is for the code at the cursor; two are for an error and the terminal. */
async function questionOf(
  request: ChatRequest,
  { server, settings, lastEditor, terminalOutput }: ParticipantDependencies,
): Promise<UserMessage> {
  const attachments: Attachment[] = [];
  for (const reference of request.references) attachments.push(...(await attachReference(reference, settings)));
  const ready = async (): Promise<Question | undefined> => {
    if (request.command === "error") return askForErrorAt(lastEditor.get(), settings);
    if (request.command !== "terminal") return undefined;
    return askForOutput(terminalOutput.attach(roomFor(statusOf(server.status, "chat"))));
  };
  const asked = await ready();
  if (asked) {
    const text = [asked.text, request.prompt].join(" ").trim();
    return { id: randomUUID(), role: "user", text, attachments: [...attachments, ...asked.attachments] };
  }
  const command = commands.find((each) => each === request.command);
  if (command && attachments.length === 0) attachments.push(await attachCodeAtCursor(lastEditor.get(), settings));
  return { id: randomUUID(), role: "user", text: request.prompt, attachments, ...(command && { command }) };
}

/** What is neither a file nor a place in one has its words in the question. */
async function attachReference({ value }: ChatPromptReference, settings: Settings): Promise<Attachment[]> {
  if (value instanceof Location) return [await attachDocument(await openFile(value.uri), settings, value.range)];
  return value instanceof Uri ? [await attachDocument(await openFile(value), settings)] : [];
}

function turnOf(turn: ChatRequestTurn | ChatResponseTurn): ChatTurn {
  if (turn instanceof ChatRequestTurn) return { role: "user", text: [turn.command, turn.prompt].join(" ").trim() };
  const texts = turn.response.map((part) => (part instanceof ChatResponseMarkdownPart ? part.value.value : ""));
  return { role: "assistant", text: texts.join("") };
}
