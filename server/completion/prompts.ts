// The prompts of one request after the other: the text around the cursor and what other places say, as the model was trained.

import type { Model, PromptPart } from "../engine/engine.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { CompletionContext } from "./context/completionContext.ts";
import { completionPrompt, inOrder, pathLine } from "./infillPrompt.ts";
import type { CompletionRequest } from "./request.ts";
import { SteadyWindow } from "./steadyWindow.ts";
import { contextBudget, windowBudget } from "./window.ts";

export interface Prompt {
  readonly prompt: readonly PromptPart[];
  /** That the text may have, so that both fit into the model's context. */
  readonly maxTokens: number;
}

export class Prompts {
  readonly #context: CompletionContext;
  #window = new SteadyWindow();

  constructor(context: CompletionContext) {
    this.#context = context;
  }

  /** Another model counts its own tokens. */
  forgetModel(): void {
    this.#window = new SteadyWindow();
  }

  /** @param isAhead whether the user is not there yet: context and window stay those of where the user is */
  async at(
    request: CompletionRequest,
    model: Model,
    settings: Pick<ServerSettings["inlineCompletion"], "maxTokens" | "infill" | "snippets">,
    signal: AbortSignal,
    isAhead = false,
  ): Promise<Prompt> {
    const info = inOrder(model.info, settings);
    const maxTokens = Math.min(settings.maxTokens, Math.floor(info.contextSize / 4));
    const firstLine = pathLine(request, info);
    const forContext = contextBudget(info, maxTokens);
    const context = await (isAhead
      ? this.#context.standing(request, model, forContext)
      : this.#context.find(request, model, forContext, signal, settings.snippets));
    const budget = windowBudget(info, maxTokens + Buffer.byteLength(firstLine) + context.tokens);
    const window = await (isAhead ? this.#window.copy() : this.#window).cut(request, budget, (text) =>
      model.countTokens([text]),
    );
    return { prompt: completionPrompt(window, firstLine, info, context.parts), maxTokens };
  }
}
