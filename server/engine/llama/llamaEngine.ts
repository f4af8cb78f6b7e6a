// A model in this process, through node-llama-cpp.

import { randomInt } from "node:crypto";
import { totalmem } from "node:os";
import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama, LlamaModel } from "node-llama-cpp";

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
import { batchSize, DecodeLoop } from "./decodeLoop.ts";
import { openLlama } from "./device.ts";
import { GeneratedText } from "./generatedText.ts";
import { canInfill, markerToken, tokenizePrompt } from "./tokenizePrompt.ts";

/** A completion is waited for at each key; an answer is read as it comes. */
const priorities: Readonly<Record<Lane, number>> = { completion: 0, chat: 1 };

/**
 * Copies of a recurrent state, to go back to: a hybrid or recurrent model cannot drop the end of its context. Only where
 * the loop takes them; a copy is 5 MB with 90 million parameters and 134 MB with 7 billion.
 */
const checkpoints = { max: 8, interval: false, maxMemory: 512 * 2 ** 20 } as const;

interface Loaded {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly loop: DecodeLoop;
  readonly contextSize: number;
}

export class LlamaEngine implements Engine {
  readonly #library: typeof NodeLlamaCpp;
  readonly #log: (message: string) => void;
  #loaded: Loaded | undefined;

  constructor(library: typeof NodeLlamaCpp, log: (message: string) => void) {
    this.#library = library;
    this.#log = log;
  }

  async load({ settings, markers }: LoadRequest, onProgress: (fraction: number) => void): Promise<LoadedModel> {
    await this.dispose();
    const errors: string[] = [];
    const { llama, threads } = await openLlama(this.#library, settings, (level, message) => {
      this.#log(`${level}: ${message}`);
      if (level === "error") errors.push(message);
    });
    try {
      const model = await llama.loadModel({
        modelPath: settings.path,
        gpuLayers: { fitContext: { contextSize: settings.contextSize } },
        onLoadProgress: onProgress,
      });
      const contextSize = Math.min(settings.contextSize, model.trainContextSize);
      const count = await sequenceCount(model, contextSize);
      const context = await model.createContext({ sequences: count, contextSize, threads, batchSize });
      const sequences = Array.from({ length: count }, () => context.getSequence({ checkpoints }));
      this.#loaded = { llama, model, loop: new DecodeLoop(sequences), contextSize };
      return {
        name: model.fileInfo.metadata.general.name ?? settings.path,
        path: settings.path,
        architecture: model.architecture,
        contextSize,
        infill: canInfill(model),
        device: llama.gpu === false ? "CPU" : llama.gpu,
        gpuLayers: model.gpuLayers,
        markers: markers.filter((marker) => markerToken(model, marker) !== undefined),
      };
    } catch (error) {
      await llama.dispose();
      throw loadError(this.#library, error, errors);
    }
  }

  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const { model, loop, contextSize } = this.#require();
    const { tokens: prompt, stable } = tokenizePrompt(model, request.prompt);
    if (prompt.length + request.maxTokens > contextSize) {
      throw new EngineError(
        "promptTooLong",
        `prompt ${prompt.length} + answer ${request.maxTokens} > context ${contextSize} tokens`,
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

/** A chat and the file that is written in need one each; what memory allows is for the chats and files of a moment ago. */
async function sequenceCount(model: LlamaModel, contextSize: number): Promise<number> {
  const memoryOf = async (sequences: number) => {
    const options = { contextSize, modelGpuLayers: model.gpuLayers, batchSize, sequences };
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2(options);
    return cpuRam + gpuVram;
  };
  const each = (await memoryOf(2)) - (await memoryOf(1));
  return Math.min(Math.max(Math.floor(totalmem() / 16 / each), 2), 4);
}

/** The library says only that loading failed; llama.cpp says why, in the first error that it logs. */
function loadError({ InsufficientMemoryError }: typeof NodeLlamaCpp, error: unknown, logged: string[]): EngineError {
  const cause = logged[0]?.replace(/^\w+: (?:error loading model: )?/, "");
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError(error instanceof InsufficientMemoryError ? "outOfMemory" : "loadFailed", cause ?? message);
}
