// One text to generate: what the decode loop is asked for, and the text that comes of it.

import type { Token } from "node-llama-cpp";

import type { GenerateRequest, GeneratedToken } from "../../engine.ts";
import type { DecodeRequest } from "../decode/decodeRequest.ts";
import { sampleTokens } from "../decode/sampler.ts";
import { sampleDraftedTokens } from "../decode/speculation.ts";
import { GeneratedText } from "./generatedText.ts";
import type { Healing } from "./healing.ts";
import { type SamplingContext, samplingOptions, schemaEnd } from "./sampling.ts";
import { specialToken, type TokenizedPrompt } from "./tokenizePrompt.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface TextRequest {
  readonly request: DecodeRequest;
  readonly text: GeneratedText;
  /** Drafted tokens that the model accepted. */
  readonly accepted: number;
  /** Those of the text, where their probabilities are told. */
  readonly told: readonly GeneratedToken[];
}

export async function textRequest(
  request: GenerateRequest,
  context: Omit<SamplingContext, "written" | "prompt" | "spelling"> &
    TokenizedPrompt & { readonly vocabulary: Vocabulary; readonly healing: Healing },
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<TextRequest> {
  const { model, vocabulary, healing, tokens: prompt, stable, cut } = context;
  const stopStrings = request.stop.filter((each) => typeof each === "string");
  // One that the model does not have cannot come.
  const stopTokens = request.stop
    .filter((each) => typeof each !== "string")
    .map((each) => specialToken(model, vocabulary, each));
  const stop = request.schema ? [...stopStrings, schemaEnd] : stopStrings;
  const { maxTokens } = request;
  const text = new GeneratedText((tokens) => model.detokenize(tokens), { stop, maxTokens }, onText, cut);
  const written: Token[] = [];
  const spelling = cut === "" || request.schema ? undefined : healing.spell(cut);
  const options = await samplingOptions(request, { ...context, written, prompt, spelling });
  let accepted = 0;
  const told: GeneratedToken[] = [];
  let probability: number | undefined;
  const onToken = (chosen: Token) => {
    if (signal.aborted) return undefined;
    const token = spelling?.take(chosen) ?? chosen;
    if (stopTokens.includes(token)) {
      text.stopped = true;
      return undefined;
    }
    written.push(token);
    const goesOn = text.push(token);
    if (probability !== undefined) told.push({ end: text.length, probability });
    return goesOn ? token : undefined;
  };
  const isGreedy = request.temperature === 0 && !request.schema && (request.repeatPenalty ?? 1) === 1;
  const onProbability = request.probabilities && isGreedy ? (each: number) => void (probability = each) : undefined;
  const onAccepted = (count: number) => {
    accepted += count;
  };
  const isBound = () => spelling?.isDone === false;
  const canDraft = request.repeatsPrompt && !request.schema && (request.repeatPenalty ?? 1) === 1;
  return {
    request: {
      prompt,
      stable,
      priority: request.priority,
      private: request.private,
      client: request.client,
      evaluate: (sequence, rest, evaluator) =>
        // A recurrent state could not be cut back to before a rejected draft.
        canDraft && !sequence.needsCheckpoints
          ? sampleDraftedTokens(evaluator, sequence, prompt, rest, options, onToken, onAccepted, isBound)
          : sampleTokens(evaluator, sequence, rest, { ...options, onProbability }, onToken),
    },
    text,
    told,
    get accepted() {
      return accepted;
    },
  };
}
