// A model in this process, through node-llama-cpp.

import { randomInt } from "node:crypto";
import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";

import {
  type Engine,
  EngineError,
  type Generation,
  type GenerateRequest,
  type Lane,
  type LoadedModel,
  type LoadRequest,
  type PromptPart,
  type SpecialToken,
} from "../engine.ts";
import { openLlama } from "./device.ts";
import { TextStream } from "./textStream.ts";

/** How many prompt tokens are evaluated before the signal is looked at again; the library itself only looks after the whole prompt. */
const prefillChunk = 128;

interface Loaded {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly sequences: Readonly<Record<Lane, LlamaContextSequence>>;
  readonly contextSize: number;
}

export class LlamaEngine implements Engine {
  readonly #library: typeof NodeLlamaCpp;
  readonly #log: (message: string) => void;
  #loaded: Loaded | undefined;
  /** The last request of each lane: two must never share a sequence. */
  readonly #lanes: Record<Lane, Promise<unknown>> = { completion: Promise.resolve(), chat: Promise.resolve() };

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
      const context = await model.createContext({ sequences: 2, contextSize, threads });
      this.#loaded = {
        llama,
        model,
        sequences: { completion: context.getSequence(), chat: context.getSequence() },
        contextSize,
      };
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
    const before = this.#lanes[request.lane];
    const run = before.then(() => this.#generateNow(request, onText, signal));
    this.#lanes[request.lane] = run.catch(() => undefined);
    return run;
  }

  async #generateNow(
    request: GenerateRequest,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generation> {
    const { model, sequences, contextSize } = this.#require();
    const prompt = tokenize(model, request.prompt);
    if (prompt.length + request.maxTokens > contextSize) {
      throw new EngineError(
        "promptTooLong",
        `prompt ${prompt.length} + answer ${request.maxTokens} > context ${contextSize} tokens`,
      );
    }
    const sequence = sequences[request.lane];
    const rest = await prefill(sequence, prompt, signal);
    if (rest === undefined) return { text: "", stopReason: "aborted" };

    let text = "";
    const show = (piece: string) => {
      if (piece === "") return;
      text += piece;
      onText(piece);
    };
    const stream = new TextStream(request.stop);
    let undecoded: Token[] = [];
    let count = 0;
    let stopReason: Generation["stopReason"] = "end";
    // Penalties are off unless given; sampling is by temperature alone. The library's own seed is the time in seconds.
    const sampling = { temperature: request.temperature, seed: randomInt(2 ** 32) };
    for await (const token of sequence.evaluate(rest, sampling)) {
      if (signal.aborted) {
        stopReason = "aborted";
        break;
      }
      undecoded.push(token);
      const decoded = model.detokenize(undecoded);
      // A character may be spread over several tokens; until it is whole, its decoding ends in U+FFFD.
      if (!decoded.endsWith("\uFFFD") || undecoded.length > 4) {
        undecoded = [];
        const streamed = stream.push(decoded);
        show(streamed.text);
        if (streamed.stopped) return { text, stopReason: "end" };
      }
      count++;
      if (count >= request.maxTokens) {
        stopReason = "maxTokens";
        break;
      }
    }
    show(stream.flush());
    return { text, stopReason };
  }

  countTokens(prompt: readonly PromptPart[]): Promise<number> {
    return Promise.resolve(tokenize(this.#require().model, prompt).length);
  }

  async dispose(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await Promise.all(Object.values(this.#lanes));
    await loaded?.llama.dispose();
  }

  #require(): Loaded {
    if (!this.#loaded) throw new EngineError("notLoaded", "no model is loaded");
    return this.#loaded;
  }
}

/**
 * Brings a sequence to all of a prompt but its end, keeping what is evaluated already.
 * @returns the tokens that are left to evaluate, at least one; undefined when aborted
 */
async function prefill(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  signal: AbortSignal,
): Promise<Token[] | undefined> {
  // The last token is always evaluated again, since its output is what the first new token comes from.
  await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  let rest = prompt.slice(sequence.nextTokenIndex);
  while (rest.length > prefillChunk) {
    if (signal.aborted) return undefined;
    await sequence.evaluateWithoutGeneratingNewTokens(rest.slice(0, prefillChunk));
    rest = rest.slice(prefillChunk);
  }
  return signal.aborted ? undefined : rest;
}

function tokenize(model: LlamaModel, prompt: readonly PromptPart[]): Token[] {
  const { bos, shouldPrependBosToken } = model.tokens;
  const tokens: Token[] = shouldPrependBosToken && bos !== null ? [bos] : [];
  let text = "";
  const flush = () => {
    // Text on both sides of nothing is tokenized as one, as the model saw it in training.
    if (text !== "") tokens.push(...model.tokenize(text, false));
    text = "";
  };
  for (const part of prompt) {
    if (typeof part === "string") text += part;
    else {
      flush();
      tokens.push(specialToken(model, part));
    }
  }
  flush();
  return tokens;
}

function specialToken(model: LlamaModel, part: SpecialToken): Token {
  const token = "special" in part ? markerToken(model, part.special) : roleToken(model, part.role);
  if (token === undefined || token === null) throw new Error(`the model has no token ${JSON.stringify(part)}`);
  return token;
}

function canInfill({ tokens: { infill } }: LlamaModel): boolean {
  return infill.prefix !== null && infill.suffix !== null && infill.middle !== null;
}

function roleToken({ tokens }: LlamaModel, role: "prefix" | "suffix" | "middle" | "eos"): Token | null {
  return role === "eos" ? tokens.eos : tokens.infill[role];
}

/** The token that is spelled so, if it is a special one. */
function markerToken(model: LlamaModel, marker: string): Token | undefined {
  const [token, ...more] = model.tokenize(marker, true);
  return more.length === 0 && model.isSpecialToken(token) ? token : undefined;
}

/** The library says only that loading failed; llama.cpp says why, in the first error that it logs. */
function loadError({ InsufficientMemoryError }: typeof NodeLlamaCpp, error: unknown, logged: string[]): EngineError {
  const cause = logged[0]?.replace(/^\w+: (?:error loading model: )?/, "");
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError(error instanceof InsufficientMemoryError ? "outOfMemory" : "loadFailed", cause ?? message);
}
