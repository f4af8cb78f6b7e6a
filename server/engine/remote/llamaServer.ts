// llama.cpp's llama-server: its own interface, since that takes tokens (tools/server/README.md of llama.cpp).

import * as v from "valibot";

import type { Connection } from "./connection.ts";
import { readEvent } from "./openAi.ts";
import { figure, type Piece, type Protocol, type ServerModel, type TextRequest } from "./protocol.ts";

/** How many of the likeliest tokens a probability is held against, as this machine's engine does. */
const likeliest = 5;

const props = v.object({
  model_path: v.optional(v.string()),
  model_alias: v.optional(v.string()),
  total_slots: v.optional(v.number()),
  eos_token: v.optional(v.string()),
  default_generation_settings: v.object({ n_ctx: v.number() }),
});

const tokens = v.object({ tokens: v.array(v.number()) });

const logprob = v.object({ logprob: v.number() });
const event = v.object({
  content: v.string(),
  stop: v.optional(v.boolean(), false),
  stop_type: v.optional(v.string()),
  tokens_predicted: figure,
  tokens_evaluated: figure,
  timings: v.optional(v.object({ cache_n: figure })),
  completion_probabilities: v.optional(
    v.array(v.object({ ...logprob.entries, top_logprobs: v.optional(v.array(logprob), []) })),
  ),
});

export const llamaServer: Protocol = {
  async describe(connection: Connection, signal: AbortSignal): Promise<ServerModel> {
    const told = await connection.ask("/props", undefined, props, signal);
    // The token that a text begins with, where the model has one.
    const begin = await connection.ask("/tokenize", { content: "", add_special: true }, tokens, signal);
    const { model_path, model_alias, total_slots, eos_token, default_generation_settings } = told;
    return {
      name: model_path ?? model_alias ?? "",
      contextSize: default_generation_settings.n_ctx,
      ...(total_slots !== undefined && { sequences: total_slots }),
      ...(eos_token !== undefined && { eos: eos_token }),
      begin: begin.tokens,
    };
  },
  async tokenize(connection, _model, text, special, signal) {
    const body = { content: text, add_special: false, parse_special: special };
    return (await connection.ask("/tokenize", body, tokens, signal)).tokens;
  },
  continuesTurns: true,
  ask({ prompt, stop, ...request }: TextRequest) {
    const sampling = {
      temperature: request.temperature,
      top_k: request.topK ?? 40,
      top_p: request.topP ?? 0.95,
      min_p: request.minP ?? 0,
      repeat_penalty: request.repeatPenalty ?? 1,
      seed: request.seed,
      stream: true,
      ...(request.schema && { json_schema: request.schema }),
    };
    if ("turns" in prompt) {
      const { turns: messages } = prompt;
      const path = "/v1/chat/completions";
      const options = { stream_options: { include_usage: true }, max_tokens: request.maxTokens, stop };
      return { path, body: { ...sampling, ...options, model: request.model, messages } };
    }
    return {
      path: "/completion",
      body: {
        ...sampling,
        prompt: "tokens" in prompt ? prompt.tokens : prompt.text,
        n_predict: request.maxTokens,
        stop,
        // What is no end token is written as text only when it is named here, so that it can be a stop string.
        preserved_tokens: stop,
        cache_prompt: true,
        ...(request.probabilities && { n_probs: likeliest }),
      },
    };
  },
  read(data: unknown): Piece | undefined {
    const read = v.safeParse(event, data);
    if (!read.success) return readEvent(data);
    const { content: text, stop, stop_type, tokens_predicted, tokens_evaluated, timings, ...rest } = read.output;
    const [told] = rest.completion_probabilities ?? [];
    const sum = (told?.top_logprobs ?? []).reduce((total, { logprob }) => total + Math.exp(logprob), 0);
    return {
      text,
      ...(told && { probability: Math.min(1, Math.exp(told.logprob) / (sum || 1)) }),
      ...(stop && { end: stop_type === "limit" ? "limit" : "end" }),
      ...(stop && {
        usage: {
          ...(tokens_evaluated !== undefined && { prompt: tokens_evaluated }),
          ...(timings?.cache_n !== undefined && { reused: timings.cache_n }),
          ...(tokens_predicted !== undefined && { generated: tokens_predicted }),
        },
      }),
    };
  },
};
