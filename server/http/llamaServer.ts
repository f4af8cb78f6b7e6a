// The interface of llama.cpp's server as far as editors use it: /infill, as llama.vscode asks for ghost text, and /completion.

import * as v from "valibot";

import type { Generation, LoadedModel } from "../engine/engine.ts";
import { complete, type TextRequest } from "./complete.ts";
import { type Exchange, openStream, post, readyModel, type Route, sendJson } from "./exchange.ts";
import { checkCount, count, flag, refused, samplingFields, samplingOf, stopsOf } from "./sampling.ts";

const longestTimer = 2 ** 31 - 1;

/** Texts of other files that are looked at, the newest ones. */
const mostExtra = 64;

const common = {
  n_predict: count(-1, 2 ** 22),
  n_cmpl: count(1, 8),
  t_max_predict_ms: count(0, longestTimer),
  stream: flag,
  ...samplingFields,
  ...refused("grammar", "json_schema", "frequency_penalty", "presence_penalty", "logit_bias"),
};

const completionBody = v.object({ prompt: v.string(), ...common });

const infillBody = v.object({
  input_prefix: v.nullish(v.string()),
  input_suffix: v.nullish(v.string()),
  /** The cursor's line, before the cursor. */
  prompt: v.nullish(v.string()),
  input_extra: v.nullish(
    v.pipe(
      v.array(v.object({ text: v.string(), filename: v.nullish(v.string()) })),
      v.transform((texts) => texts.slice(-mostExtra)),
    ),
  ),
  ...common,
});

type Common = Omit<v.InferOutput<typeof completionBody>, "prompt">;

export const llamaServerRoutes: readonly Route[] = [
  post("/infill", infillBody, ({ input_prefix, input_suffix, input_extra, prompt, ...asked }, exchange) => {
    const prefix = (input_prefix ?? "") + (prompt ?? "");
    return answer({ prefix, suffix: input_suffix ?? "", extra: input_extra ?? [] }, asked, exchange);
  }),
  ...["/completion", "/completions"].map((path) =>
    post(path, completionBody, ({ prompt, ...asked }, exchange) => answer(prompt, asked, exchange)),
  ),
];

async function answer(at: TextRequest["at"], asked: Common, exchange: Exchange): Promise<void> {
  checkCount("n_cmpl", asked.n_cmpl, asked.stream);
  const model = await readyModel("completion", exchange);
  const { n_predict: longest, n_cmpl: count, t_max_predict_ms: time } = asked;
  const request: TextRequest = {
    at,
    maxTokens: typeof longest === "number" && longest >= 0 ? longest : undefined,
    sampling: samplingOf(asked),
    stop: stopsOf(asked.stop),
    count: count ?? 1,
    timeLimit: typeof time === "number" && time > 0 ? time : undefined,
  };
  const isStream = asked.stream === true;
  const stream = openStream(exchange, (content) => ({ content, stop: false }));
  const generation = await complete(request, model, exchange, (piece) => {
    if (isStream) stream.push(piece);
  });
  if (isStream) {
    stream.send(answerOf("", model.info, generation));
    stream.end();
    return;
  }
  const texts = [generation.text, ...generation.alternatives].map((text) => answerOf(text, model.info, generation));
  sendJson(exchange, count === null || count === undefined || count === 1 ? (texts[0] ?? {}) : texts);
}

function answerOf(content: string, { name, contextSize }: LoadedModel, { stopReason, usage }: Generation): object {
  const { prompt, reused, generated, firstToken = 0, duration } = usage;
  return {
    ...{
      index: 0,
      content,
      model: name,
      stop: true,
      stop_type: stopReason === "end" ? "eos" : "limit",
      truncated: false,
    },
    ...{ tokens_predicted: generated, tokens_evaluated: prompt, tokens_cached: prompt + generated },
    generation_settings: { n_ctx: contextSize },
    timings: {
      ...{ cache_n: reused, prompt_n: prompt - reused, prompt_ms: firstToken },
      prompt_per_second: perSecond(prompt - reused, firstToken),
      ...{ predicted_n: generated, predicted_ms: duration - firstToken },
      predicted_per_second: perSecond(generated, duration - firstToken),
    },
  };
}

/** A number, as clients show it, even where no time passed. */
function perSecond(tokens: number, milliseconds: number): number {
  return milliseconds > 0 ? (1000 * tokens) / milliseconds : 0;
}
