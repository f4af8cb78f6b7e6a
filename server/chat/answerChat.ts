// Answers the last message of a conversation: turns → fit → format → engine.

import * as l10n from "@vscode/l10n";

import type { ChatResult, Message, ServerSettings } from "../../src/shared/protocol.ts";
import type { Model, PromptPart } from "../engine/engine.ts";
import { UserError } from "../userError.ts";
import { loopAtEnd } from "../repetition.ts";
import { turnsOf } from "./turns.ts";
import { formatOf, type PromptFormat, renderTurns, type Turn } from "./formats.ts";

/** Characters that a loop has before it ends the answer. */
const shortestLoop = 160;

/** Has a model as soon as one is loaded. */
interface ModelSource {
  /** @throws UserError when there is none */
  ready(): Promise<Model>;
}

/**
 * @param onText gets the answer in pieces
 * @throws UserError when there is no model, or the last message alone does not fit into its context
 */
export async function answerChat(
  messages: readonly Message[],
  { models, settings }: { readonly models: ModelSource; readonly settings: ServerSettings["chat"] },
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<ChatResult> {
  const model = await untilAborted(models.ready(), signal);
  if (!model) return { stopReason: "aborted", leftOut: 0 };
  const { info } = model;
  const format = formatOf(info);
  // An answer may take half of the context at most, so that there is room for what it answers.
  const reserved = Math.min(settings.maxTokens, Math.floor(info.contextSize / 2));
  const fitted = await fitTurns(turnsOf(messages), format, info.contextSize - reserved, (prompt) =>
    model.countTokens(prompt),
  );
  if (signal.aborted) return { stopReason: "aborted", leftOut: fitted.leftOut };

  const looped = new AbortController();
  let answer = "";
  const show = withoutLeadingSpace((text) => {
    answer += text;
    // Others may write a table of equal rows; the demonstration model does not come out of it.
    if (info.demonstration && loopAtEnd(answer, 4, shortestLoop)) looped.abort();
    onText(text);
  });
  const { stopReason } = await model.generate(
    {
      priority: "chat",
      prompt: fitted.prompt,
      maxTokens: Math.min(settings.maxTokens, info.contextSize - fitted.tokens),
      temperature: settings.temperature,
      stop: format.stop,
    },
    show,
    AbortSignal.any([signal, looped.signal]),
  );
  return { stopReason: looped.signal.aborted ? "end" : stopReason, leftOut: fitted.leftOut };
}

/** What is waited for, or nothing as soon as the signal fires: who stops a chat does not wait for a model that loads. */
async function untilAborted<T>(wanted: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abort = () => resolve(undefined);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

interface FittedPrompt {
  readonly prompt: readonly PromptPart[];
  readonly tokens: number;
  readonly leftOut: number;
}

/** Leaves out the oldest questions and answers, as few as it takes for the rest to fit. */
async function fitTurns(
  turns: readonly Turn[],
  format: PromptFormat,
  budget: number,
  countTokens: (prompt: readonly PromptPart[]) => Promise<number>,
): Promise<FittedPrompt> {
  const [system, ...rest] = turns;
  const without = async (leftOut: number): Promise<FittedPrompt> => {
    const kept = system ? [system, ...rest.slice(leftOut)] : rest.slice(leftOut);
    const prompt = renderTurns(kept, format);
    return { prompt, tokens: await countTokens(prompt), leftOut };
  };
  const whole = await without(0);
  if (whole.tokens <= budget) return whole;
  let fitted = await without(2 * Math.floor((rest.length - 1) / 2));
  if (fitted.tokens > budget) {
    throw new UserError(
      l10n.t(
        "The message has {0} tokens, and the model's context has room for {1}. Attach less, or raise the setting {2} if the model allows it.",
        String(fitted.tokens),
        String(budget),
        "falcon.model.contextSize",
      ),
    );
  }
  // Halved again and again: to count a long conversation takes a while.
  let tooFew = 0;
  while (fitted.leftOut - tooFew > 2) {
    const middle = await without(tooFew + 2 * Math.floor((fitted.leftOut - tooFew) / 4));
    if (middle.tokens <= budget) fitted = middle;
    else tooFew = middle.leftOut;
  }
  return fitted;
}

/** The first token of an answer brings the space after "Assistant:" with it. */
function withoutLeadingSpace(onText: (text: string) => void): (text: string) => void {
  let begun = false;
  return (text) => {
    const shown = begun ? text : text.trimStart();
    begun ||= shown !== "";
    if (shown !== "") onText(shown);
  };
}
