// A request's sampling in the library's terms.

import type * as NodeLlamaCpp from "node-llama-cpp";
import type { GbnfJsonBasicSchema, LlamaModel, SequenceEvaluateOptions, Token } from "node-llama-cpp";

import type { JsonSchema, Sampling } from "../../engine.ts";
import type { Spelling } from "./healing.ts";

/** How many tokens back a repetition is penalized. */
const penalizedTokens = 64;
/**
 * Without a limit all tokens of the vocabulary are sorted for each that is chosen, which takes 5 to 8 ms where there are
 * 131,000. To find the 1,000 likeliest takes 0.6 ms.
 */
const mostCandidates = 1000;
export interface SamplingContext {
  readonly library: typeof NodeLlamaCpp;
  readonly model: LlamaModel;
  readonly seed: number;
  /** What the first tokens spell, if anything. */
  readonly spelling: Spelling | undefined;
  /** New tokens until now. */
  readonly written: readonly Token[];
  readonly prompt: readonly Token[];
}

export async function samplingOptions(
  request: Sampling & { readonly schema?: JsonSchema },
  { library, model, seed, spelling, written, prompt }: SamplingContext,
): Promise<SequenceEvaluateOptions & { readonly seed: number }> {
  const { temperature, topK = 40, topP = 0.95, minP = 0, repeatPenalty = 1, schema } = request;
  const free = library.TokenBias.for(model);
  const before = prompt.slice(-penalizedTokens);
  const punishTokens = () => [...before, ...written.slice(-penalizedTokens)].slice(-penalizedTokens);
  return {
    temperature,
    topK: Math.min(topK > 0 ? topK : mostCandidates, mostCandidates),
    topP,
    minP,
    seed,
    ...(repeatPenalty !== 1 && { repeatPenalty: { penalty: repeatPenalty, punishTokens } }),
    ...(spelling && { tokenBias: () => spelling.bias ?? free }),
    ...(schema && {
      grammarEvaluationState: new library.LlamaGrammarEvaluationState({
        model,
        // The library would infer the type of the value from that of the schema, which is not needed here.
        grammar: await model.llama.createGrammarForJsonSchema(schema as GbnfJsonBasicSchema),
      }),
    }),
  };
}

/** After a JSON value, the library's grammars allow nothing but this. */
export const schemaEnd = "\n".repeat(4);
