// Text Generation Inference of Hugging Face, version 3 (https://huggingface.co/docs/text-generation-inference).

import * as v from "valibot";

import type { Connection } from "./connection.ts";
import { readEvent } from "./openAi.ts";
import { figure, type Piece, type Protocol, type ServerModel, type TextRequest } from "./protocol.ts";

const info = v.object({
  model_id: v.string(),
  max_total_tokens: v.optional(v.number()),
  max_input_tokens: v.optional(v.number()),
  max_concurrent_requests: v.optional(v.number()),
});

const event = v.object({
  token: v.object({ text: v.string(), logprob: v.nullish(v.number()), special: v.optional(v.boolean(), false) }),
  generated_text: v.nullish(v.string()),
  details: v.nullish(
    v.object({
      finish_reason: v.string(),
      generated_tokens: figure,
      input_length: figure,
    }),
  ),
});

/** As many stop strings as a server takes unless it is told otherwise (`--max-stop-sequences`); the rest ends the text here. */
const mostStops = 4;

export const tgi: Protocol = {
  async describe(connection: Connection, signal: AbortSignal): Promise<ServerModel> {
    const { model_id: name, max_total_tokens: contextSize } = await connection.ask("/info", undefined, info, signal);
    return { name, ...(contextSize !== undefined && { contextSize }) };
  },
  ask({ prompt, model, stop, ...request }: TextRequest) {
    const stops = stop.slice(0, mostStops);
    if ("turns" in prompt) {
      const body = { model, messages: prompt.turns, max_tokens: request.maxTokens, temperature: request.temperature };
      const more = { seed: request.seed, stream: true, ...(stops.length > 0 && { stop: stops }) };
      return { path: "/v1/chat/completions", body: { ...body, ...more } };
    }
    // It refuses a temperature of 0, and limits that are none.
    const { temperature, topK = 40, topP = 0.95, repeatPenalty = 1 } = request;
    const sampling =
      temperature === 0
        ? { do_sample: false }
        : { do_sample: true, temperature, ...(topK > 0 && { top_k: topK }), ...(topP < 1 && { top_p: topP }) };
    return {
      path: "/generate_stream",
      body: {
        inputs: "text" in prompt ? prompt.text : "",
        parameters: {
          ...sampling,
          max_new_tokens: request.maxTokens,
          seed: request.seed,
          return_full_text: false,
          details: true,
          ...(repeatPenalty !== 1 && { repetition_penalty: repeatPenalty }),
          ...(stops.length > 0 && { stop: stops }),
          ...(request.schema && { grammar: { type: "json", value: request.schema } }),
        },
        stream: true,
      },
    };
  },
  read(data: unknown): Piece | undefined {
    const read = v.safeParse(event, data);
    if (!read.success) return readEvent(data);
    const { token, details } = read.output;
    return {
      // A special token in the midst may be one that ends the text here.
      text: token.special && details ? "" : token.text,
      ...(typeof token.logprob === "number" && { probability: Math.min(1, Math.exp(token.logprob)) }),
      ...(details && { end: details.finish_reason === "length" ? "limit" : "end" }),
      ...(details && {
        usage: {
          ...(details.input_length !== undefined && { prompt: details.input_length }),
          ...(details.generated_tokens !== undefined && { generated: details.generated_tokens }),
        },
      }),
    };
  },
};
