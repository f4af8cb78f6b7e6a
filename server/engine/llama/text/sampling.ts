// A request's sampling in the library's terms.

import type * as NodeLlamaCpp from "node-llama-cpp";
import type { GbnfJsonBasicSchema, LlamaModel, SequenceEvaluateOptions, Token } from "node-llama-cpp";

import type { JsonSchema, Sampling } from "../../engine.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** How many tokens back a repetition is penalized. */
const penalizedTokens = 64;
/** More than any two logits differ, and little enough that a 32-bit float still tells the raised ones apart. */
const certain = 1000;

export interface SamplingContext {
  readonly library: typeof NodeLlamaCpp;
  readonly model: LlamaModel;
  readonly vocabulary: Vocabulary;
  readonly seed: number;
  /** What the first token must begin with. */
  readonly cut: string;
  /** All tokens up to now, of the prompt and new ones. */
  readonly known: readonly Token[];
  readonly prompt: readonly Token[];
}

export async function samplingOptions(
  request: Sampling & { readonly schema?: JsonSchema },
  { library, model, vocabulary, seed, cut, known, prompt }: SamplingContext,
): Promise<SequenceEvaluateOptions & { readonly seed: number }> {
  const { temperature, topK = 40, topP = 0.95, minP = 0, repeatPenalty = 1, schema } = request;
  const none = library.TokenBias.for(model);
  const healing = library.TokenBias.for(model);
  if (cut !== "") healing.set([...vocabulary.beginningWith(cut)], { logit: certain });
  return {
    temperature,
    topK,
    topP,
    minP,
    seed,
    ...(repeatPenalty !== 1 && {
      repeatPenalty: { penalty: repeatPenalty, punishTokens: () => known.slice(-penalizedTokens) },
    }),
    ...(cut !== "" && { tokenBias: () => (known.length === prompt.length ? healing : none) }),
    ...(schema && {
      grammarEvaluationState: new library.LlamaGrammarEvaluationState({
        model,
        // The library would infer the type of the value from that of the schema, which nobody needs here.
        grammar: await model.llama.createGrammarForJsonSchema(schema as GbnfJsonBasicSchema),
      }),
    }),
  };
}

/** After a JSON value, the library's grammars allow nothing but this. */
export const schemaEnd = "\n".repeat(4);
