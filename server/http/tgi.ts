// The interface of Hugging Face's Text Generation Inference: /generate and /generate_stream. Tokens have neither an id nor a
// probability here.

import * as v from "valibot";

import type { Generation } from "../engine/engine.ts";
import { complete } from "./complete.ts";
import { type Exchange, openStream, post, readyModel, type Route, sendJson } from "./exchange.ts";
import { count, flag, refused, samplingFields, samplingOf, stopsOf } from "./sampling.ts";

/** TGI's. */
const defaultMaxTokens = 100;

const parameters = v.object({
  max_new_tokens: count(1, 2 ** 22),
  do_sample: flag,
  return_full_text: flag,
  details: flag,
  temperature: samplingFields.temperature,
  top_p: samplingFields.top_p,
  top_k: samplingFields.top_k,
  repetition_penalty: samplingFields.repeat_penalty,
  seed: samplingFields.seed,
  stop: samplingFields.stop,
  ...refused("grammar", "frequency_penalty"),
});

const body = v.object({ inputs: v.string(), parameters: v.nullish(parameters) });

type Asked = v.InferOutput<typeof body>;

export const tgiRoutes: readonly Route[] = [
  post("/generate", body, async (asked, exchange) => {
    const generation = await generate(asked, exchange, () => undefined);
    const details = detailsOf(generation, asked);
    const text = asked.parameters?.return_full_text === true ? asked.inputs + generation.text : generation.text;
    sendJson(exchange, { generated_text: text, ...(asked.parameters?.details === true && { details }) });
  }),
  post("/generate_stream", body, async (asked, exchange) => {
    let index = 0;
    const event = (text: string) => ({ index: ++index, token: { id: 0, text, logprob: 0, special: false } });
    const stream = openStream(exchange, (text) => ({ ...event(text), generated_text: null, details: null }));
    const generation = await generate(asked, exchange, (piece) => stream.push(piece));
    const { text } = generation;
    stream.send({ ...event(""), generated_text: text, details: detailsOf(generation, asked) });
    stream.end();
  }),
];

async function generate({ inputs, parameters }: Asked, exchange: Exchange, onText: (text: string) => void) {
  const given = parameters ?? {};
  const model = await readyModel("completion", exchange);
  const sampling = {
    // Greedy unless something says otherwise.
    temperature: given.do_sample === true ? 1 : 0,
    ...samplingOf({ ...given, min_p: null, repeat_penalty: given.repetition_penalty }),
  };
  const maxTokens = given.max_new_tokens ?? defaultMaxTokens;
  return complete({ at: inputs, maxTokens, sampling, stop: stopsOf(given.stop) }, model, exchange, onText);
}

function detailsOf({ stopReason, usage }: Generation, { parameters }: Asked): object {
  const finish_reason = stopReason === "end" ? "eos_token" : "length";
  return {
    ...{ finish_reason, generated_tokens: usage.generated, input_length: usage.prompt },
    ...{ seed: parameters?.seed ?? null, prefill: [], tokens: [] },
  };
}
