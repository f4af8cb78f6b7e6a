// Texts that go on from a prompt, or stand between two texts, as all interfaces ask for them.

import { TextDocument } from "vscode-languageserver-textdocument";

import { contextParts } from "../completion/context/contextParts.ts";
import { completionPrompt } from "../completion/infillPrompt.ts";
import { type CompletionRequest, completionRequest } from "../completion/request.ts";
import { SteadyWindow } from "../completion/steadyWindow.ts";
import { contextBudget, windowBudget } from "../completion/window.ts";
import type { Generation, Model, PromptPart, Sampling } from "../engine/engine.ts";
import { ApiError } from "./apiError.ts";
import { type Exchange, outOfTime } from "./exchange.ts";

/** Text before and after a place, and what other files say, the oldest first. */
export interface Place {
  readonly prefix: string;
  readonly suffix: string;
  readonly extra?: readonly { readonly text: string; readonly filename?: string | null | undefined }[];
}

export interface TextRequest {
  /** What the text goes on from, or the place that it fills. */
  readonly at: string | Place;
  /** The text is as long as the context allows unless given. At 0 only the prompt is evaluated, for what comes next. */
  readonly maxTokens?: number | undefined;
  readonly sampling: Partial<Sampling>;
  readonly stop: readonly string[];
  /** How many texts to write. */
  readonly count?: number;
  /** Milliseconds after which the text ends as it is. */
  readonly timeLimit?: number | undefined;
}

/** Part of the context that an infill may take unless it is told how long it may be. */
const longestInfill = 0.25;

/** @throws ApiError when the prompt does not fit, or the text was not begun in time; UserError */
export async function complete(
  request: TextRequest,
  model: Model,
  { signal, settings }: Exchange,
  onText: (text: string) => void,
): Promise<Generation> {
  const { at, count = 1, timeLimit, sampling, stop } = request;
  const { prompt, maxTokens } =
    typeof at === "string"
      ? await continuation(at, request.maxTokens, model)
      : await infill(at, request.maxTokens, model);
  const isEmpty = maxTokens === 0;
  const generation = await model.generate(
    {
      // Who waits for ghost text waits in another editor, too.
      priority: typeof at === "string" ? "chat" : "completion",
      operation: "text_completion",
      prompt,
      maxTokens: Math.max(maxTokens, 1),
      temperature: typeof at === "string" ? settings.chat.temperature : 0,
      ...sampling,
      stop,
      candidates: count,
      ...(timeLimit !== undefined && { timeLimit }),
      // What others send is not known by a file's name.
      private: true,
    },
    isEmpty ? () => undefined : onText,
    signal,
  );
  return isEmpty ? emptied(settled(generation, signal)) : settled(generation, signal);
}

/** The engine writes one token at the least. */
function emptied({ alternatives, usage }: Generation): Generation {
  return {
    ...{ text: "", alternatives: alternatives.map(() => ""), stopReason: "limit" },
    usage: { ...usage, generated: 0 },
  };
}

/** @throws ApiError when nothing was written before the time was over, or the model's process ended */
function settled(generation: Generation, signal: AbortSignal): Generation {
  const { stopReason, text } = generation;
  if (stopReason === "interrupted") throw interrupted();
  if (stopReason === "aborted" && signal.aborted && text === "") throw outOfTime();
  return generation;
}

export function interrupted(): ApiError {
  return new ApiError(503, "The model's process ended; it is started again. Ask again.", {
    code: "model_interrupted",
    retryAfter: 1,
  });
}

interface FittedPrompt {
  readonly prompt: readonly PromptPart[];
  readonly maxTokens: number;
}

/** Nothing of the prompt is left out. */
async function continuation(text: string, asked: number | undefined, model: Model): Promise<FittedPrompt> {
  const { contextSize } = model.info;
  const prompt: PromptPart[] = text === "" ? [{ role: "eos" }] : [text];
  // A token is a byte at least, and one more may begin the prompt: a short text needs no counting.
  const atMost = Buffer.byteLength(text) + 1;
  const tokens =
    atMost + (asked ?? contextSize) <= contextSize ? atMost : 1 + (await model.countTokens(prompt, contextSize));
  if (tokens >= contextSize) {
    throw new ApiError(400, `The prompt does not fit into the model's context of ${contextSize} tokens.`, {
      code: "context_length_exceeded",
    });
  }
  return { prompt, maxTokens: Math.min(asked ?? contextSize, contextSize - tokens) };
}

/** The texts around the place are cut as the editor cuts them. */
async function infill(
  { prefix, suffix, extra = [] }: Place,
  asked: number | undefined,
  model: Model,
): Promise<FittedPrompt> {
  const { info } = model;
  const most = Math.floor(info.contextSize * longestInfill);
  const maxTokens = Math.min(asked ?? most, most);
  const document = TextDocument.create("untitled:", "plaintext", 0, prefix + suffix);
  const place = completionRequest({ document, position: document.positionAt(prefix.length), automatic: false });
  const context = await fitExtra(extra, place, model, contextBudget(info, maxTokens));
  const window = await new SteadyWindow().cut(place, windowBudget(info, maxTokens + context.tokens), (text) =>
    model.countTokens([text]),
  );
  return { prompt: completionPrompt(window, "", info, context.parts), maxTokens };
}

/** As many of the newest texts of other files as have room. */
async function fitExtra(extra: NonNullable<Place["extra"]>, place: CompletionRequest, model: Model, budget: number) {
  let parts: PromptPart[] = [];
  let tokens = 0;
  for (let oldest = extra.length - 1; oldest >= 0; oldest--) {
    const chunks = extra
      .slice(oldest)
      .map(({ text, filename }) => ({ uri: "", path: filename ?? "", text, line: 0, terms: new Set<string>() }));
    const longer = contextParts(chunks, place, model.info);
    const count = await model.countTokens(longer, budget);
    if (count > budget) break;
    [parts, tokens] = [longer, count];
  }
  return { parts, tokens };
}
