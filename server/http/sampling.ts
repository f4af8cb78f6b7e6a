// What clients say of how a text is written, in the words of each interface, as the engine takes it.

import * as v from "valibot";

import type { Generation, GenerateRequest, Model, Sampling, Usage } from "../engine/engine.ts";
import { ApiError } from "./apiError.ts";

const number = (least: number, most: number) => v.nullish(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
export const count = (least: number, most: number) =>
  v.nullish(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)));
export const flag = v.nullish(v.boolean());

/** Fields that would change the answer, and that are not known: what leaves it as it is may be given. */
export const refused = (...names: string[]) =>
  Object.fromEntries(
    names.map((name) => [name, v.nullish(v.pipe(v.unknown(), v.check(isNothing, "is not supported")))]),
  );

function isNothing(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

/**
 * One text alone streams.
 * @param name of the field that says how many texts are wanted
 * @throws ApiError
 */
export function checkCount(name: string, count: number | null | undefined, stream: boolean | null | undefined): void {
  if (stream !== true || (count ?? 1) === 1) return;
  throw new ApiError(400, `${name}: must be 1 where the answer streams`, { code: "invalid_value" });
}

/** One text or several, none of them empty: an empty one would end every text at once. */
const stopTexts = v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(1000))), v.maxLength(16));
const stop = v.nullish(v.union([v.pipe(v.string(), v.maxLength(1000)), stopTexts]));

/** The names that OpenAI's interface and llama-server's share, and those that llama-server adds; both take all. */
export const samplingFields = {
  temperature: number(0, 10),
  top_p: number(0, 1),
  top_k: count(-1, 1_000_000),
  min_p: number(0, 1),
  repeat_penalty: number(0.1, 10),
  seed: v.nullish(v.pipe(v.number(), v.integer())),
  stop,
};

export type SamplingFields = v.InferOutput<v.ObjectSchema<typeof samplingFields, undefined>>;

/** Only what was given. A seed below 0 stands for a random one, as with llama-server. */
export function samplingOf(given: Omit<SamplingFields, "stop">): Partial<Sampling> {
  const { temperature, top_p, top_k, min_p, repeat_penalty, seed } = given;
  return {
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof top_p === "number" && { topP: top_p }),
    ...(typeof top_k === "number" && { topK: Math.max(top_k, 0) }),
    ...(typeof min_p === "number" && { minP: min_p }),
    ...(typeof repeat_penalty === "number" && { repeatPenalty: repeat_penalty }),
    ...(typeof seed === "number" && seed >= 0 && { seed: seed % 2 ** 32 }),
  };
}

export function stopsOf(given: SamplingFields["stop"]): readonly string[] {
  return typeof given === "string" ? (given === "" ? [] : [given]) : (given ?? []);
}

/** A model whose texts are written as a client says, and that tells what each took. */
export function withSampling(
  model: Model,
  sampling: Partial<Sampling>,
  stops: readonly string[],
  onUsage: (usage: Usage) => void,
): Model {
  return {
    ...model,
    generate: async (request: GenerateRequest, onText, signal): Promise<Generation> => {
      const asked = { ...request, ...sampling, stop: [...request.stop, ...stops] };
      const generation = await model.generate(asked, onText, signal);
      onUsage(generation.usage);
      return generation;
    },
  };
}
