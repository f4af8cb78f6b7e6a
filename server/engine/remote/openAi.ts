// vLLM and other servers with OpenAI's interface: the prompt is rendered here, since vLLM refuses `suffix`
// (https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html).

import * as v from "valibot";

import type { Connection } from "./connection.ts";
import { figure, type Piece, type Protocol, type ServerModel, type TextRequest } from "./protocol.ts";

const models = v.object({
  data: v.array(v.object({ id: v.string(), max_model_len: v.nullish(v.number()) })),
});

const tokens = v.object({ tokens: v.array(v.number()) });

const usage = v.object({
  prompt_tokens: figure,
  completion_tokens: figure,
  prompt_tokens_details: v.nullish(v.object({ cached_tokens: figure })),
});

const event = v.object({
  choices: v.array(
    v.object({
      text: v.nullish(v.string()),
      delta: v.nullish(v.object({ content: v.nullish(v.string()) })),
      logprobs: v.nullish(v.object({ token_logprobs: v.nullish(v.array(v.nullable(v.number()))) })),
      finish_reason: v.nullish(v.string()),
    }),
  ),
  usage: v.nullish(usage),
});

/** Other servers refuse more of them, as OpenAI's does; the rest ends the text here. */
const mostStops = 4;

/** What every server with the interface takes. */
function standard({ model, maxTokens, temperature, topP, seed, stop, schema }: TextRequest) {
  return {
    model,
    max_tokens: maxTokens,
    temperature,
    top_p: topP ?? 0.95,
    seed,
    stream: true,
    stream_options: { include_usage: true },
    ...(stop.length > 0 && { stop: stop.slice(0, mostStops) }),
    ...(schema && { response_format: { type: "json_schema", json_schema: { name: "answer", schema } } }),
  };
}

export const openAi: Protocol = {
  async describe(connection: Connection, signal: AbortSignal): Promise<ServerModel> {
    const { data } = await connection.ask("/v1/models", undefined, models, signal);
    const wanted = connection.server.model;
    const found = data.find(({ id }) => wanted === undefined || id === wanted);
    const contextSize = found?.max_model_len ?? undefined;
    return { name: wanted ?? found?.id ?? "", ...(contextSize !== undefined && { contextSize }) };
  },
  ask(request: TextRequest) {
    const { path, prompt } = place(request);
    return { path, body: { ...standard(request), ...prompt } };
  },
  read: readEvent,
};

export const vllm: Protocol = {
  ...openAi,
  async describe(connection, signal) {
    const described = await openAi.describe(connection, signal);
    // The token that a text begins with, where the model has one.
    const asked = { model: described.name, prompt: "", add_special_tokens: true };
    return { ...described, begin: (await connection.ask("/tokenize", asked, tokens, signal)).tokens };
  },
  async tokenize(connection, model, prompt, _special, signal) {
    const body = { model, prompt, add_special_tokens: false };
    return (await connection.ask("/tokenize", body, tokens, signal)).tokens;
  },
  alwaysReadsSpecial: true,
  continuesTurns: true,
  ask(request) {
    const { path, prompt } = place(request);
    const more = {
      top_k: request.topK ?? 40,
      min_p: request.minP ?? 0,
      repetition_penalty: request.repeatPenalty ?? 1,
      // Special tokens are stop strings, too.
      skip_special_tokens: false,
      ...("messages" in prompt &&
        isPartial(prompt.messages) && { continue_final_message: true, add_generation_prompt: false }),
      ...(!("messages" in prompt) && request.probabilities && { logprobs: 1 }),
      ...(request.stop.length > 0 && { stop: request.stop }),
    };
    return { path, body: { ...standard(request), ...more, ...prompt } };
  },
};

function place({ prompt }: TextRequest) {
  if ("turns" in prompt) return { path: "/v1/chat/completions", prompt: { messages: prompt.turns } };
  return { path: "/v1/completions", prompt: { prompt: "tokens" in prompt ? prompt.tokens : prompt.text } };
}

/** Whether the answer is begun already. */
function isPartial(messages: readonly { readonly role: string }[]): boolean {
  return messages.at(-1)?.role === "assistant";
}

/** A piece of a text or of an answer; of the chat interface of other servers, too. */
export function readEvent(data: unknown): Piece | undefined {
  const read = v.safeParse(event, data);
  if (!read.success) return undefined;
  const [choice] = read.output.choices;
  const logprob = choice?.logprobs?.token_logprobs?.[0];
  const end = choice?.finish_reason;
  return {
    text: choice?.text ?? choice?.delta?.content ?? "",
    ...(typeof logprob === "number" && { probability: Math.min(1, Math.exp(logprob)) }),
    ...(typeof end === "string" && { end: end === "length" ? "limit" : "end" }),
    ...(read.output.usage && { usage: figuresOf(read.output.usage) }),
  };
}

function figuresOf(told: v.InferOutput<typeof usage>): NonNullable<Piece["usage"]> {
  const { prompt_tokens: prompt, completion_tokens: generated, prompt_tokens_details: details } = told;
  const reused = details?.cached_tokens;
  return {
    ...(prompt !== undefined && { prompt }),
    ...(generated !== undefined && { generated }),
    ...(reused !== undefined && { reused }),
  };
}
