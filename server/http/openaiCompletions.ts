// OpenAI's /v1/completions, with `suffix` for a text between two others.

import { randomUUID } from "node:crypto";
import * as v from "valibot";

import type { StopReason, Usage } from "../engine/engine.ts";
import { namedModel } from "./apiModels.ts";
import { complete } from "./complete.ts";
import { type Exchange, openStream, post, type Route, sendJson } from "./exchange.ts";
import { checkCount, count, flag, refused, samplingFields, samplingOf, stopsOf } from "./sampling.ts";

/** OpenAI's. */
const defaultMaxTokens = 16;

export const streamFields = {
  stream: flag,
  stream_options: v.nullish(v.object({ include_usage: flag })),
};

const body = v.object({
  model: v.nullish(v.string()),
  prompt: v.union(
    [
      v.string(),
      v.pipe(
        v.tuple([v.string()]),
        v.transform(([only]) => only),
      ),
    ],
    "must be one text",
  ),
  suffix: v.nullish(v.string()),
  /** -1, as llama-server has it, is as long as the context allows. */
  max_tokens: count(-1, 2 ** 22),
  n: count(1, 8),
  ...streamFields,
  ...samplingFields,
  ...refused("echo", "logprobs", "frequency_penalty", "presence_penalty", "logit_bias"),
});

export const completionRoutes: readonly Route[] = [post("/v1/completions", body, answer)];

async function answer(asked: v.InferOutput<typeof body>, exchange: Exchange): Promise<void> {
  checkCount("n", asked.n, asked.stream);
  const model = await namedModel(asked.model, "completion", exchange);
  const head = {
    id: `cmpl-${randomUUID()}`,
    object: "text_completion",
    created: now(),
    model: asked.model ?? "falcon",
  };
  const choice = (text: string, index = 0, finish_reason: FinishReason | null = null) => ({
    ...{ text, index, logprobs: null, finish_reason },
  });
  const isStream = asked.stream === true;
  const stream = openStream(exchange, (text) => ({ ...head, choices: [choice(text)] }));
  const request = {
    at: typeof asked.suffix === "string" ? { prefix: asked.prompt, suffix: asked.suffix } : asked.prompt,
    maxTokens: asked.max_tokens === -1 ? undefined : (asked.max_tokens ?? defaultMaxTokens),
    sampling: samplingOf(asked),
    stop: stopsOf(asked.stop),
    count: asked.n ?? 1,
  };
  const { text, alternatives, stopReason, usage } = await complete(request, model, exchange, (piece) => {
    if (isStream) stream.push(piece);
  });
  if (!isStream) {
    const choices = [text, ...alternatives].map((each, i) => choice(each, i, finishReason(stopReason)));
    sendJson(exchange, { ...head, choices, usage: usageOf(usage) });
    return;
  }
  stream.send({ ...head, choices: [choice("", 0, finishReason(stopReason))] });
  if (asked.stream_options?.include_usage === true) stream.send({ ...head, choices: [], usage: usageOf(usage) });
  stream.send("[DONE]");
  stream.end();
}

export type FinishReason = "stop" | "length" | "tool_calls";

/** A text that is cut since its time is over is as one that is cut since it is long. */
export function finishReason(stopReason: StopReason): FinishReason {
  return stopReason === "end" ? "stop" : "length";
}

export function usageOf({ prompt, reused, generated }: Usage): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: generated,
    total_tokens: prompt + generated,
    prompt_tokens_details: { cached_tokens: reused },
  };
}

/** In seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
