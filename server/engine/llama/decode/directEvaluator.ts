// Gives the addon a step's batch directly. The only file that knows what node-llama-cpp does not tell of: its version is
// pinned, and the members are checked.

import process from "node:process";
import type { LlamaContextSequence, Token, TokenBias } from "node-llama-cpp";

import type { Evaluator, SamplingOptions, TokenSampler } from "./evaluator.ts";

interface AddonContext {
  initBatch(size: number): void;
  /** Gives the places in the batch of those tokens that are followed by a choice. */
  addToBatch(id: number, position: number, tokens: Uint32Array, chosenAfter: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(place: number, sampler: AddonSampler): Promise<number>;
  /** With the tokens that were left to choose from and the probability of each, the likeliest first. */
  sampleToken(place: number, sampler: AddonSampler, probabilities: true): Promise<readonly [number, readonly number[]]>;
  setThreads(count: number): void;
  disposeSequence(id: number): void;
}

interface AddonSampler {
  applyConfig(config: object): void;
  dispose(): void;
}

/** A sequence with the members that the library keeps to itself. */
interface Sequence {
  readonly _sequenceId: number;
  readonly _context: { readonly _ctx: AddonContext };
  _nextTokenIndex: number;
  _contextTokens: Token[];
  _resolveSamplerConfig(options: object): object;
  readonly model: {
    readonly _model: object;
    readonly _llama: { readonly _bindings: { readonly AddonSampler: new (model: object) => AddonSampler } };
  };
}

const members = {
  _sequenceId: "number",
  _nextTokenIndex: "number",
  _contextTokens: "object",
  _resolveSamplerConfig: "function",
  "_context._ctx.initBatch": "function",
  "_context._ctx.addToBatch": "function",
  "_context._ctx.decodeBatch": "function",
  "_context._ctx.sampleToken": "function",
  "_context._ctx.setThreads": "function",
  "_context._ctx.disposeSequence": "function",
  "model._model": "object",
  "model._llama._bindings.AddonSampler": "function",
} as const;

/** What is asked of a sequence in a step. */
interface Asked {
  readonly sequence: Sequence;
  readonly tokens: readonly Token[];
  /** Chooses what follows each of the last so many tokens. */
  readonly choices: number;
  readonly choose?: Choose | undefined;
  readonly resolve: (chosen: readonly Token[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Chooses the token after a place of the batch. */
type Choose = (addon: AddonContext, place: number) => Promise<number>;

type AskForChoices = (tokens: readonly Token[], choices: number, choose: Choose) => Promise<readonly Token[]>;

/** A greedy choice among so many takes as long as one among all. */
const toldOf = { temperature: 1, topK: 8, topP: 1, minP: 0 };

/** The sequences of one context; gives why they cannot be driven directly where they cannot. */
export function directEvaluator(sequences: readonly LlamaContextSequence[]): Evaluator | string {
  // A sample is queued behind its batch without waiting for it: only a single thread keeps that order.
  if (process.env["UV_THREADPOOL_SIZE"] !== "1") return "UV_THREADPOOL_SIZE is not 1";
  const [first] = sequences;
  if (!first) return "there is no sequence";
  for (const [path, type] of Object.entries(members)) {
    if (typeof memberAt(first, path) !== type) return `this version has no ${path}`;
  }
  return new DirectEvaluator(first);
}

function memberAt(object: unknown, path: string): unknown {
  return path.split(".").reduce((value, name) => (value as Record<string, unknown> | undefined)?.[name], object);
}

function internalsOf(sequence: LlamaContextSequence): Sequence {
  return sequence as unknown as Sequence;
}

class DirectEvaluator implements Evaluator {
  readonly #first: LlamaContextSequence;
  readonly #addon: AddonContext;
  readonly #asked: Asked[] = [];
  /** Resolves when what is evaluated now is. */
  #evaluated: Promise<unknown> = Promise.resolve();

  constructor(first: LlamaContextSequence) {
    this.#first = first;
    this.#addon = internalsOf(first)._context._ctx;
  }

  async evaluate(sequence: LlamaContextSequence, tokens: readonly Token[]): Promise<void> {
    await this.#ask(internalsOf(sequence), tokens, 0);
  }

  sampler(sequence: LlamaContextSequence, options: SamplingOptions): TokenSampler {
    const internals = internalsOf(sequence);
    return new DirectSampler(internals, options, (tokens, choices, choose) =>
      this.#ask(internals, tokens, choices, choose),
    );
  }

  alone<T>(evaluate: () => Promise<T>): Promise<T> {
    const result = this.#evaluated.then(evaluate);
    this.#evaluated = result.catch(() => undefined);
    return result;
  }

  /** What is asked for until the next microtask, or while something is evaluated, is evaluated together. */
  #ask(sequence: Sequence, tokens: readonly Token[], choices: number, choose?: Choose): Promise<readonly Token[]> {
    const { contextSize } = this.#first;
    if (sequence._nextTokenIndex + tokens.length > contextSize) throw new Error("the context is full");
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) void this.alone(() => this.#flush());
      this.#asked.push({ sequence, tokens, choices, choose, resolve, reject });
    });
  }

  async #flush(): Promise<void> {
    const batches: Asked[][] = [];
    let room = 0;
    for (const asked of this.#asked.splice(0)) {
      if (asked.tokens.length > room) {
        batches.push([]);
        room = this.#first.context.batchSize;
      }
      batches.at(-1)?.push(asked);
      room -= asked.tokens.length;
    }
    const answers: (() => void)[] = [];
    for (const batch of batches) answers.push(...(await this.#decode(batch)));
    // Who gets an answer may change a sequence: only now is nothing evaluated.
    for (const answer of answers) answer();
  }

  async #decode(batch: readonly Asked[]): Promise<readonly (() => void)[]> {
    try {
      const chosen = await this.#decodeAndSample(batch);
      return batch.map(({ resolve, reject }, i) => () => {
        const choice = chosen[i];
        if (choice?.status === "fulfilled") resolve(choice.value);
        else reject(choice?.reason);
      });
    } catch (error) {
      for (const { sequence } of batch) this.#clear(sequence);
      return batch.map(
        ({ reject }) =>
          () =>
            reject(error),
      );
    }
  }

  async #decodeAndSample(batch: readonly Asked[]): Promise<readonly PromiseSettledResult<readonly Token[]>[]> {
    const addon = this.#addon;
    const { maxThreads } = this.#first.model.llama;
    const { idealThreads } = this.#first.context;
    addon.setThreads(maxThreads === 0 ? idealThreads : Math.min(maxThreads, idealThreads));
    addon.initBatch(batch.reduce((sum, { tokens }) => sum + tokens.length, 0));
    const places = batch.map(({ sequence, tokens, choices }) => {
      const chosenAfter = Uint32Array.from({ length: choices }, (_, i) => tokens.length - choices + i);
      return addon.addToBatch(sequence._sequenceId, sequence._nextTokenIndex, Uint32Array.from(tokens), chosenAfter);
    });
    let isDecoded = false;
    const decoded = addon.decodeBatch().then(() => (isDecoded = true));
    const chosen = Promise.allSettled(
      batch.map(async ({ choose }, i) => {
        if (!choose) return [];
        const tokens = await Promise.all(Array.from(places[i] ?? [], (place) => choose(addon, place)));
        if (!isDecoded) throw new Error("a token was chosen before its batch was evaluated");
        if (tokens.includes(-1)) throw new Error("the model chose no token");
        return tokens as Token[];
      }),
    );
    try {
      await decoded;
    } finally {
      // Also where the batch failed, they use their samplers.
      await chosen;
    }
    for (const { sequence, tokens } of batch) {
      sequence._nextTokenIndex += tokens.length;
      sequence._contextTokens.push(...tokens);
    }
    return chosen;
  }

  /** Of a batch that failed, a sequence may hold some tokens. */
  #clear(sequence: Sequence): void {
    try {
      this.#addon.disposeSequence(sequence._sequenceId);
      sequence._nextTokenIndex = 0;
      sequence._contextTokens = [];
    } catch {
      // Its request fails, and the sequence is cleared again before another one uses it.
    }
  }
}

class DirectSampler implements TokenSampler {
  readonly #sequence: Sequence;
  readonly #options: SamplingOptions;
  readonly #ask: AskForChoices;
  readonly #sampler: AddonSampler;
  /** What was configured last; undefined before. */
  #configured: { readonly bias: TokenBias | undefined } | undefined;

  constructor(sequence: Sequence, options: SamplingOptions, ask: AskForChoices) {
    this.#sequence = sequence;
    this.#options = options;
    this.#ask = ask;
    const { _model, _llama } = sequence.model;
    this.#sampler = new _llama._bindings.AddonSampler(_model);
  }

  sample(tokens: readonly Token[], count: number): Promise<readonly Token[]> {
    const { tokenBias, repeatPenalty, onProbability } = this.#options;
    const bias = typeof tokenBias === "function" ? tokenBias() : tokenBias;
    // A penalty depends on all tokens before; nothing else changes.
    if (!this.#configured || this.#configured.bias !== bias || repeatPenalty) {
      this.#sampler.applyConfig(
        this.#sequence._resolveSamplerConfig({ ...this.#options, ...(onProbability && toldOf), tokenBias: bias }),
      );
      this.#configured = { bias };
    }
    return this.#ask(tokens, count, (addon, place) =>
      onProbability ? this.#likeliest(addon, place, onProbability) : addon.sampleToken(place, this.#sampler),
    );
  }

  async #likeliest(addon: AddonContext, place: number, onProbability: (probability: number) => void): Promise<number> {
    const [, [token = -1, probability = 0]] = await addon.sampleToken(place, this.#sampler, true);
    onProbability(probability);
    return token;
  }

  dispose(): Promise<void> {
    this.#sampler.dispose();
    return Promise.resolve();
  }
}
