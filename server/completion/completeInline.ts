// Ghost text, from the request to what is shown: trigger → reuse → pause → window → prompt → engine → refine.

import { setTimeout as sleep } from "node:timers/promises";

import type { ServerSettings } from "../../src/shared/protocol.ts";
import type { Model } from "../engine/engine.ts";
import { isLeftOut } from "./ablation.ts";
import { followBlock } from "./blockEnd.ts";
import { afterIndentation, continuedPrefix } from "./emptyLine.ts";
import { completionPrompt, pathLine } from "./infillPrompt.ts";
import { refine, type RefinedCompletion } from "./refine/refine.ts";
import { type CompletionRequest, linePrefixOf, lineSuffixOf } from "./request.ts";
import { RecentCompletions } from "./reuse.ts";
import { shouldComplete } from "./trigger.ts";
import { cutWindow, windowBudget } from "./window.ts";

type CompletionSettings = ServerSettings["inlineCompletion"];

/** Has a model while one is in memory. */
interface CurrentModel {
  readonly model: Model | undefined;
}

/** Completes one request at a time: the newest wins, and the older one stops decoding. */
export class InlineCompleter {
  readonly #current: CurrentModel;
  #recent = new RecentCompletions();
  /** The model that wrote the recent ones. */
  #recentModel: Model | undefined;
  #running = new AbortController();

  constructor(current: CurrentModel) {
    this.#current = current;
  }

  /** The completion, or undefined where there is none to show, as when a newer request came. */
  async complete(
    request: CompletionRequest,
    settings: CompletionSettings,
    signal: AbortSignal,
  ): Promise<RefinedCompletion | undefined> {
    this.#running.abort();
    this.#running = new AbortController();
    const newestSignal = AbortSignal.any([signal, this.#running.signal]);

    const { model } = this.#current;
    if (!model || !shouldComplete(request, model.info)) return undefined;
    if (model !== this.#recentModel) this.#recent = new RecentCompletions();
    this.#recentModel = model;
    const recent = isLeftOut("reuse") ? undefined : this.#recent.find(request);
    if (recent) return recent;
    if (request.automatic && !(await pause(settings.debounce, newestSignal))) return undefined;

    const completion = await this.#ask(request, model, settings, newestSignal);
    if (!completion || newestSignal.aborted) return undefined;
    this.#recent.add(request, completion);
    return completion;
  }

  async #ask(
    request: CompletionRequest,
    model: Model,
    settings: CompletionSettings,
    signal: AbortSignal,
  ): Promise<RefinedCompletion | undefined> {
    const { info } = model;
    const maxTokens = Math.min(settings.maxTokens, Math.floor(info.contextSize / 4));
    const firstLine = pathLine(request, info);
    const budget = windowBudget(info, maxTokens + Buffer.byteLength(firstLine));
    const continued = { ...request, prefix: continuedPrefix(request) };
    const window = await cutWindow(continued, budget, (text) => model.countTokens([text]));
    const endOf = followBlock({ linePrefix: linePrefixOf(request), lineSuffix: lineSuffixOf(request) });
    const ended = new AbortController();
    let text = "";
    const { stopReason } = await model.generate(
      {
        priority: "completion",
        prompt: completionPrompt(window, firstLine, info),
        maxTokens,
        temperature: 0,
        stop: [],
      },
      (piece) => {
        text += piece;
        const completion = afterIndentation(text, request);
        if (completion === undefined || endOf(completion) !== undefined) ended.abort();
      },
      AbortSignal.any([signal, ended.signal]),
    );
    const completion = afterIndentation(text, request);
    if (completion === undefined || stopReason === "interrupted") return undefined;
    return refine(completion, request, stopReason === "limit");
  }
}

/** Waits; false when the signal ended the wait. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (milliseconds <= 0) return !signal.aborted;
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
