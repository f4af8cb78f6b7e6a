// Answers requests with a model of this process: each becomes one request of the decode loop, or several.

import { randomInt } from "node:crypto";

import {
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadedModel,
  type Model,
  type PromptPart,
  type Score,
  type ScoreRequest,
  type StopReason,
} from "../engine.ts";
import type { DecodeLoop } from "./decode/decodeLoop.ts";
import type { Decoded } from "./decode/decodeRequest.ts";
import { scoreTokens } from "./decode/scorer.ts";
import type { Healing } from "./text/healing.ts";
import type { SamplingContext } from "./text/sampling.ts";
import { type TextRequest, textRequest } from "./text/textRequest.ts";
import { textStart, tokenizePrompt } from "./text/tokenizePrompt.ts";
import type { Vocabulary } from "./text/vocabulary.ts";

export interface LlamaModelParts extends Pick<SamplingContext, "library" | "model"> {
  readonly healing: Healing;
  readonly vocabulary: Vocabulary;
  readonly info: LoadedModel;
  readonly loop: DecodeLoop;
}

/** llama.cpp chooses a seed by itself in the place of the highest one. */
const seeds = 2 ** 32 - 1;

export class LlamaModel implements Model {
  readonly #loaded: LlamaModelParts;

  constructor(loaded: LlamaModelParts) {
    this.#loaded = loaded;
  }

  get info(): LoadedModel {
    return this.#loaded.info;
  }

  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const start = performance.now();
    const { model, vocabulary, loop } = this.#loaded;
    const timeLimit = request.timeLimit === undefined ? undefined : AbortSignal.timeout(request.timeLimit);
    const tokenized = await tokenizePrompt(model, vocabulary, request.prompt);
    requireRoom(tokenized.tokens.length, request.maxTokens, this.info.contextSize);
    const seed = request.seed ?? randomInt(seeds);
    const stopped = timeLimit ? AbortSignal.any([signal, timeLimit]) : signal;
    const texts: TextRequest[] = [];
    for (let i = 0; i < (request.candidates ?? 1); i++) {
      const context = { ...this.#loaded, ...tokenized, seed: (seed + i) % seeds };
      texts.push(await textRequest(request, context, i === 0 ? onText : () => undefined, stopped));
    }
    const decoded = await loop.run(
      texts.map((text) => text.request),
      stopped,
    );
    const [text = "", ...alternatives] = texts.map((each) => each.text.end());
    const firstToken = texts[0]?.text.firstTokenTime;
    return {
      text,
      alternatives,
      ...(request.probabilities && texts[0] && texts[0].told.length > 0 && { tokens: texts[0].told }),
      stopReason: stopReason(decoded[0], texts[0], signal),
      usage: {
        prompt: tokenized.tokens.length,
        reused: decoded[0]?.reused ?? 0,
        generated: texts.reduce((sum, each) => sum + each.text.count, 0),
        accepted: texts.reduce((sum, each) => sum + each.accepted, 0),
        ...(firstToken !== undefined && { firstToken: firstToken - start }),
        duration: performance.now() - start,
      },
    };
  }

  async score(
    { priority, prompt, continuations, longest = Infinity, private: isPrivate, client }: ScoreRequest,
    signal: AbortSignal,
  ): Promise<readonly Score[] | undefined> {
    const { model, vocabulary, loop, info } = this.#loaded;
    const scores: Score[] = [];
    // A word that the end of the prompt cuts is given here, not generated.
    const given = prompt.filter((part) => typeof part === "string" || !("cursor" in part));
    // One after the other: each finds the common prompt in the sequence of the one before.
    for (const continuation of continuations) {
      const whole = await tokenizePrompt(model, vocabulary, [...given, { stable: true }, continuation]);
      const ends = Math.max(whole.stable.at(-1) ?? 0, 1);
      // One token of the prompt stays, for the continuation to come after it.
      const excess = Math.min(Math.max(0, whole.tokens.length - 1 - longest), ends - 1);
      const tokens = whole.tokens.slice(excess);
      requireRoom(tokens.length, 0, info.contextSize);
      const begin = ends - excess;
      if (begin >= tokens.length) {
        scores.push({ logProbabilities: [], greedy: true, evaluated: 0 });
        continue;
      }
      // The last token of the prompt is evaluated for each continuation, so a recurrent state is kept before it.
      const stable = whole.stable.map((place) => place - excess).filter((place) => place > 0 && place < begin - 1);
      const places = [...stable, begin - 1];
      const logProbabilities: number[] = [];
      let greedy = true;
      const size = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
      const [decoded] = await loop.run(
        [
          {
            prompt: tokens.slice(0, begin),
            stable: places,
            priority,
            private: isPrivate,
            client,
            evaluate: (sequence, rest, evaluator) =>
              scoreTokens(evaluator, sequence, rest, tokens.slice(begin), size, (scored) => {
                logProbabilities.push(scored.logProbability);
                greedy &&= scored.greedy;
              }),
          },
        ],
        signal,
      );
      if (decoded?.end === "aborted") return undefined;
      const evaluated = begin - (decoded?.reused ?? 0);
      scores.push({ logProbabilities, greedy, evaluated, ...(excess > 0 && { cut: excess }) });
    }
    return scores;
  }

  async countTokens(prompt: readonly PromptPart[], limit?: number): Promise<number> {
    const { model, vocabulary } = this.#loaded;
    const { tokens } = await tokenizePrompt(model, vocabulary, prompt, limit);
    return tokens.length - textStart(model).length;
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
