// Answers the last message of a conversation: turns → fit → format → model.

import * as l10n from "@vscode/l10n";

import { terminalUri } from "../../src/shared/chatContext.ts";
import type { ChatParams, ChatResult, ChatTurn } from "../../src/shared/chat.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { Tool } from "../../src/shared/tools.ts";
import type { LoadedModel, Model } from "../engine/engine.ts";
import { untilAborted } from "../aborted.ts";
import { AnswerStream } from "./answerStream.ts";
import { canDemonstrate, needsRealModel } from "./demonstration.ts";
import { fitTurns, roomForPrompt } from "./fitTurns.ts";
import { formatNote } from "./formatNote.ts";
import { formatOf, type Turn } from "./formats.ts";
import { type Loop, LoopWatch, lengthBeforeLoop } from "./loops.ts";
import { ToolCallStream } from "./toolCalls.ts";
import { TurnCounts } from "./turnCounts.ts";
import { turnsOf } from "./turns.ts";

/** Has a model as soon as one is loaded. */
interface ModelSource {
  /** @throws UserError when there is none */
  ready(): Promise<Model>;
}

export interface ChatOptions {
  readonly models: ModelSource;
  readonly settings: ServerSettings["chat"];
  readonly counts?: TurnCounts;
  /** Tells of an attachment's URI whether nothing of the chat may be saved by the engine. */
  readonly isExcluded?: (uri: string) => boolean;
}

/**
 * @param onText gets the answer in pieces
 * @throws UserError when there is no model, or the last message alone does not fit into its context
 */
export async function answerChat(
  params: Asked,
  options: ChatOptions,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<ChatResult> {
  if (!params.tools) return answer(params, options, onText, signal);
  const stream = new ToolCallStream(params.tools, onText);
  const result = await answer(params, options, (text) => stream.push(text), signal);
  stream.end();
  return { ...result, ...(stream.calls.length > 0 && { toolCalls: stream.calls }) };
}

type Asked = Omit<ChatParams, "partialResultToken">;

/** The whole answer: what is thought and the calls stand in it as the model writes them. */
async function answer(
  { messages, deadline, temperature, tools }: Asked,
  { models, settings, counts = new TurnCounts(), isExcluded = () => false }: ChatOptions,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<ChatResult> {
  const stopped = untilDeadline(signal, deadline);
  const resultOf = (stopReason: ChatResult["stopReason"], leftOut = 0): ChatResult => ({
    stopReason: stopReason === "aborted" && !signal.aborted ? "limit" : stopReason,
    leftOut,
  });

  const model = await untilAborted(models.ready(), stopped);
  if (!model) return resultOf("aborted");
  const { info } = model;
  if (info.demonstration && !canDemonstrate(messages.at(-1))) {
    return { ...resultOf("end"), problem: needsRealModel(info) };
  }
  const format = formatOf(info);
  // A demonstration model was trained on single questions.
  const turns = withTools(turnsOf(info.demonstration ? messages.slice(-1) : messages), tools);
  const fitting = fitTurns(turns, { format, model, budget: roomForPrompt(info, settings), counts });
  const fitted = await untilAborted(fitting, stopped);
  if (!fitted) return resultOf("aborted");

  const ended = new AbortController();
  const watch = new LoopWatch(info, messages.at(-1)?.text);
  let shown = "";
  let loop: Loop | undefined;
  const stream = new AnswerStream(format.stopLines, (text) => {
    if (loop) return;
    shown += text;
    loop = watch.push(text, stream);
    if (loop) ended.abort();
    onText(text);
  });
  const { stopReason } = await model.generate(
    {
      priority: "chat",
      prompt: fitted.prompt,
      maxTokens: Math.min(settings.maxTokens, info.contextSize - fitted.tokens),
      temperature: temperature ?? settings.temperature,
      stop: format.stopTokens,
      // What another's chat attaches is not known by its URI.
      private: tools !== undefined || attachedUris(messages).some((uri) => uri === terminalUri || isExcluded(uri)),
    },
    (text) => {
      if (!stream.push(text)) ended.abort();
    },
    AbortSignal.any([stopped, ended.signal]),
  );
  stream.end();
  const notes = [...leftOutOf(messages.at(-1)), ...notesOf(info, turns, fitted.leftOut, loop)];
  return {
    ...resultOf(ended.signal.aborted ? "end" : stopReason, fitted.leftOut),
    ...(notes.length > 0 && { notes }),
    // Others may have been asked to repeat something.
    ...(loop && info.demonstration && { length: lengthBeforeLoop(shown, loop) }),
  };
}

function untilDeadline(signal: AbortSignal, deadline: number | undefined): AbortSignal {
  return deadline === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
}

/** What was left out of the attachments of a question, as the client has worded it. */
function leftOutOf(question: ChatParams["messages"][number] | undefined): string[] {
  const attachments = question && "attachments" in question ? question.attachments : [];
  return attachments.flatMap(({ label, leftOut }) => (leftOut === undefined ? [] : [`${label}: ${leftOut}`]));
}

function attachedUris(messages: ChatParams["messages"]): string[] {
  return messages.flatMap((message) => ("attachments" in message ? message.attachments.map(({ uri }) => uri) : []));
}

/** The system turn tells of the tools. */
function withTools(turns: readonly ChatTurn[], tools: readonly Tool[] = []): readonly Turn[] {
  return tools.length > 0 ? turns.map((turn) => (turn.role === "system" ? { ...turn, tools } : turn)) : turns;
}

function notesOf(model: LoadedModel, turns: readonly ChatTurn[], leftOut: number, loop?: Loop): string[] {
  const notes: string[] = [];
  // Once in a conversation.
  const format = turns.some(({ role }) => role === "assistant") ? undefined : formatNote(model);
  if (format !== undefined) notes.push(format);
  if (leftOut > 0) {
    notes.push(l10n.t("The oldest messages ({0}) did not fit into the model's context and were left out.", leftOut));
  }
  if (loop) notes.push(l10n.t("The model repeated itself, and the answer was ended."));
  return notes;
}
