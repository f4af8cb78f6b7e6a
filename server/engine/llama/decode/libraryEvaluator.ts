// Evaluates through the library's public methods: slower, but with any version of it.

import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from "node-llama-cpp";

import type { Evaluator, SamplingOptions, TokenSampler } from "./evaluator.ts";

export const libraryEvaluator: Evaluator = {
  evaluate: (sequence, tokens) => sequence.evaluateWithoutGeneratingNewTokens([...tokens]),
  sampler: (sequence, options) => new LibrarySampler(sequence, options),
  alone: (evaluate) => evaluate(),
};

class LibrarySampler implements TokenSampler {
  readonly #sequence: LlamaContextSequence;
  readonly #options: SamplingOptions;
  #chosen: ReturnType<LlamaContextSequence["evaluate"]> | undefined;

  constructor(sequence: LlamaContextSequence, options: SamplingOptions) {
    this.#sequence = sequence;
    this.#options = options;
  }

  async sample(tokens: readonly Token[], count: number): Promise<readonly Token[]> {
    return count === 1 ? [await this.#sampleOne([...tokens])] : this.#sampleSeveral(tokens, count);
  }

  async dispose(): Promise<void> {
    await this.#chosen?.return();
  }

  async #sampleOne(tokens: Token[]): Promise<Token> {
    const isFirst = !this.#chosen;
    this.#chosen ??= this.#sequence.evaluate(tokens, { ...this.#options, yieldEogToken: true });
    const { value } = await this.#chosen.next(isFirst ? undefined : tokens);
    if (value === undefined) throw new Error("the model chose no token");
    return value;
  }

  async #sampleSeveral(tokens: readonly Token[], count: number): Promise<readonly Token[]> {
    // Each call begins a sampler of its own, which the same seed would have choose alike.
    const seed = (this.#options.seed ?? 0) + this.#sequence.nextTokenIndex;
    const generateNext = { token: true, options: { ...this.#options, seed } };
    const ask = (token: Token): ControlledEvaluateInputItem => [token, { generateNext }];
    const output = await this.#sequence.controlledEvaluate([
      ...tokens.slice(0, -count),
      ...tokens.slice(-count).map(ask),
    ]);
    return output.slice(-count).map((each) => {
      if (typeof each?.next.token !== "number") throw new Error("the model chose no token");
      return each.next.token;
    });
  }
}
