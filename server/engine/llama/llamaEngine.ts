// A model in this process, through node-llama-cpp.

import { randomInt } from "node:crypto";
import type * as NodeLlamaCpp from "node-llama-cpp";

import {
  type Engine,
  EngineError,
  type Generation,
  type GenerateRequest,
  type Lane,
  type LoadedModel,
  type LoadRequest,
  type PromptPart,
} from "../engine.ts";
import { DecodeLoop } from "./decodeLoop.ts";
import { GeneratedText } from "./generatedText.ts";
import { loadModel, type ModelInMemory } from "./loadModel.ts";
import { tokenizePrompt } from "./tokenizePrompt.ts";

/** A completion is waited for at each key; an answer is read as it comes. */
const priorities: Readonly<Record<Lane, number>> = { completion: 0, chat: 1 };

interface Loaded extends ModelInMemory {
  readonly loop: DecodeLoop;
}

export class LlamaEngine implements Engine {
  readonly #library: typeof NodeLlamaCpp;
  readonly #log: (message: string) => void;
  #loaded: Loaded | undefined;

  constructor(library: typeof NodeLlamaCpp, log: (message: string) => void) {
    this.#library = library;
    this.#log = log;
  }

  async load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<LoadedModel> {
    await this.dispose();
    const loaded = await loadModel(this.#library, request, this.#log, onProgress);
    this.#loaded = { ...loaded, loop: new DecodeLoop(loaded.sequences) };
    return loaded.info;
  }

  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const { model, loop, info } = this.#require();
    const { tokens: prompt, stable } = tokenizePrompt(model, request.prompt);
    if (prompt.length + request.maxTokens > info.contextSize) {
      throw new EngineError(
        "promptTooLong",
        `prompt ${prompt.length} + answer ${request.maxTokens} > context ${info.contextSize} tokens`,
      );
    }
    const generated = new GeneratedText((tokens) => model.detokenize(tokens), request, onText);
    const { end, reused } = await loop.run(
      {
        prompt,
        stable,
        priority: priorities[request.lane],
        temperature: request.temperature,
        // The library's own seed is the time in seconds.
        seed: randomInt(2 ** 32),
        onToken: (token) => generated.push(token),
      },
      signal,
    );
    const text = generated.end();
    const stopReason = end !== "stopped" ? end : generated.stopped ? "end" : "maxTokens";
    return { text, stopReason, usage: { prompt: prompt.length, reused, generated: generated.count } };
  }

  countTokens(prompt: readonly PromptPart[]): Promise<number> {
    return Promise.resolve(tokenizePrompt(this.#require().model, prompt).tokens.length);
  }

  async dispose(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.loop.idle();
    await loaded?.llama.dispose();
  }

  #require(): Loaded {
    if (!this.#loaded) throw new EngineError("notLoaded", "no model is loaded");
    return this.#loaded;
  }
}
