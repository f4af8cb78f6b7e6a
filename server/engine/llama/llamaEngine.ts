// A model in this process, through node-llama-cpp.

import { randomInt } from "node:crypto";
import { memoryUsage } from "node:process";
import type * as NodeLlamaCpp from "node-llama-cpp";

import {
  type Engine,
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadedModel,
  type LoadRequest,
  type PromptPart,
  type Score,
  type ScoreRequest,
  type StopReason,
} from "../engine.ts";
import { DecodeLoop } from "./decode/decodeLoop.ts";
import type { Decoded } from "./decode/decodeRequest.ts";
import { scoreTokens } from "./decode/sampler.ts";
import { priorities } from "./decode/scheduling.ts";
import { loadModel, type ModelInMemory } from "./load/loadModel.ts";
import { openSavedStates } from "./promptCache/promptCache.ts";
import { type TextRequest, textRequest } from "./text/textRequest.ts";
import { Threads } from "./decode/threads.ts";
import { tokenizePrompt } from "./text/tokenizePrompt.ts";
import { Vocabulary } from "./text/vocabulary.ts";

/** Milliseconds without a request after which the contexts are saved. */
const saveAfter = 30_000;

interface Loaded extends ModelInMemory {
  readonly loop: DecodeLoop;
  readonly vocabulary: Vocabulary;
  readonly save: () => Promise<void>;
  /** Saves when nothing ran for a while. */
  readonly saveLater: NodeJS.Timeout;
}

export class LlamaEngine implements Engine {
  readonly #library: typeof NodeLlamaCpp;
  readonly #log: (message: string) => void;
  #loaded: Loaded | undefined;
  /** When the load that runs now last got on. */
  #loadedOn: number | undefined;

  constructor(library: typeof NodeLlamaCpp, log: (message: string) => void) {
    this.#library = library;
    this.#log = log;
  }

  get memory(): number {
    return memoryUsage.rss();
  }

  /** Milliseconds since what runs now last got on, be it a load or the decode loop; 0 while nothing runs. */
  get stalled(): number {
    const since = this.#loadedOn ?? this.#loaded?.loop.stepStart;
    return since === undefined ? 0 : performance.now() - since;
  }

  async load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<LoadedModel> {
    const getOn = () => (this.#loadedOn = performance.now());
    getOn();
    try {
      return await this.#load(request, (fraction) => {
        getOn();
        onProgress(fraction);
      });
    } finally {
      this.#loadedOn = undefined;
    }
  }

  async #load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<LoadedModel> {
    await this.dispose();
    const loaded = await loadModel(this.#library, request, this.#log, onProgress);
    const version = await this.#library.getModuleVersion();
    // The demonstration model evaluates a prompt in the time that reading takes.
    const states = loaded.info.demonstration
      ? undefined
      : await openSavedStates(request.settings, loaded.sequences, version, this.#log);
    const { llama } = loaded;
    // Where a GPU works, threads that wait for it say nothing of the cores.
    const threads =
      llama.gpu === false ? new Threads(llama.maxThreads, (count) => (llama.maxThreads = count)) : undefined;
    const loop: DecodeLoop = new DecodeLoop({
      sequences: loaded.sequences,
      restore: async (sequence, prompt) => (await states?.restore(sequence, prompt)) ?? false,
      onStep: (wall, cpu) => threads?.stepped(wall, cpu),
      onIdle: () => saveLater.refresh(),
    });
    const save = async () => {
      if (states) await loop.lendIdle((sequence) => states.save(sequence));
    };
    const saveLater = setTimeout(() => void save(), request.saveAfter ?? saveAfter).unref();
    this.#loaded = { ...loaded, loop, save, saveLater, vocabulary: new Vocabulary(loaded.model) };
    return loaded.info;
  }

  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const start = performance.now();
    const loaded = this.#require();
    const tokenized = tokenizePrompt(loaded.model, loaded.vocabulary, request.prompt);
    requireRoom(tokenized.tokens.length, request.maxTokens, loaded.info.contextSize);
    const priority = priorities[request.lane];
    const seed = request.seed ?? randomInt(2 ** 32);
    const timeLimit = request.timeLimit === undefined ? undefined : AbortSignal.timeout(request.timeLimit);
    const stopped = timeLimit ? AbortSignal.any([signal, timeLimit]) : signal;
    const texts: TextRequest[] = [];
    for (let i = 0; i < (request.candidates ?? 1); i++) {
      const context = { ...loaded, ...tokenized, library: this.#library, priority, seed: (seed + i) % 2 ** 32 };
      texts.push(await textRequest(request, context, i === 0 ? onText : () => undefined, stopped));
    }
    const decoded = await loaded.loop.run(
      texts.map((text) => text.request),
      stopped,
    );
    const [text = "", ...alternatives] = texts.map((each) => each.text.end());
    const firstToken = texts[0]?.text.firstTokenTime;
    return {
      text,
      alternatives,
      stopReason: stopReason(decoded[0], texts[0], signal),
      usage: {
        prompt: tokenized.tokens.length,
        reused: decoded[0]?.reused ?? 0,
        generated: texts.reduce((sum, each) => sum + each.text.count, 0),
        guessed: texts.reduce((sum, each) => sum + each.guessed, 0),
        ...(firstToken !== undefined && { firstToken: firstToken - start }),
        duration: performance.now() - start,
      },
    };
  }

  async score(
    { lane, prompt, continuations }: ScoreRequest,
    signal: AbortSignal,
  ): Promise<readonly Score[] | undefined> {
    const { model, vocabulary, loop, info } = this.#require();
    const scores: Score[] = [];
    // A word that the end of the prompt cuts is given here, not generated.
    const given = prompt.filter((part) => typeof part === "string" || !("cursor" in part));
    // One after the other: each finds the common prompt in the sequence of the one before.
    for (const continuation of continuations) {
      const { tokens, stable } = tokenizePrompt(model, vocabulary, [...given, { stable: true }, continuation]);
      requireRoom(tokens.length, 0, info.contextSize);
      const begin = Math.max(stable.at(-1) ?? 0, 1);
      if (begin >= tokens.length) {
        scores.push({ logProbabilities: [], greedy: true });
        continue;
      }
      // The last token of the prompt is evaluated for each continuation, so a recurrent state is kept before it.
      const places = [...stable.filter((place) => place < begin - 1), begin - 1];
      const logProbabilities: number[] = [];
      let greedy = true;
      const size = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
      const [decoded] = await loop.run(
        [
          {
            prompt: tokens.slice(0, begin),
            stable: places,
            priority: priorities[lane],
            evaluate: (sequence, rest) =>
              scoreTokens(sequence, rest, tokens.slice(begin), size, (scored) => {
                logProbabilities.push(scored.logProbability);
                greedy &&= scored.greedy;
              }),
          },
        ],
        signal,
      );
      if (decoded?.end === "aborted") return undefined;
      scores.push({ logProbabilities, greedy });
    }
    return scores;
  }

  countTokens(prompt: readonly PromptPart[]): Promise<number> {
    const { model, vocabulary } = this.#require();
    return Promise.resolve(tokenizePrompt(model, vocabulary, prompt).tokens.length);
  }

  /** Ends what runs, and saves the contexts. The process can be ended after that. */
  async unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    if (!loaded) return;
    await loaded.loop.end(new EngineError("died", "the model was unloaded"));
    clearTimeout(loaded.saveLater);
    await loaded.save();
  }

  async dispose(): Promise<void> {
    const loaded = this.#loaded;
    await this.unload();
    await loaded?.llama.dispose();
  }

  #require(): Loaded {
    if (!this.#loaded) throw new EngineError("notLoaded", "no model is loaded");
    return this.#loaded;
  }
}

function requireRoom(prompt: number, answer: number, context: number): void {
  if (prompt + answer <= context) return;
  throw new EngineError("promptTooLong", `prompt ${prompt} + answer ${answer} > context ${context} tokens`);
}

function stopReason(decoded: Decoded | undefined, text: TextRequest | undefined, signal: AbortSignal): StopReason {
  switch (decoded?.end) {
    case "stopped":
      return text?.text.stopped === true ? "end" : "limit";
    case "aborted":
      return signal.aborted ? "aborted" : "limit";
    default:
      return "end";
  }
}
