// A model that writes what a test says, of which each cross in a prompt is a token.

import type { Generation, GenerateRequest, LoadedModel, Model, PromptPart } from "../../server/engine/engine.ts";

export const loadedModel: LoadedModel = {
  name: "falcon-7b-instruct",
  path: "",
  demonstration: false,
  architecture: "falcon",
  contextSize: 1000,
  kvCache: "f16",
  flashAttention: false,
  sequences: 2,
  promptRate: 10_000,
  infill: true,
  device: "CPU",
  gpuLayers: 0,
  layers: 2,
  devices: [],
  passedOver: [],
  markers: [],
};

export const textOf = (prompt: readonly PromptPart[]) => prompt.filter((part) => typeof part === "string").join("");
export const crossesOf = (prompt: readonly PromptPart[]) => textOf(prompt).split("✚").length - 1;

export interface ScriptedModel extends Model {
  /** What it was asked to count, and to answer. */
  readonly counted: (readonly PromptPart[])[];
  readonly asked: GenerateRequest[];
}

/** @param write writes a text and says how it ended */
export function scriptedModel(
  info: Partial<LoadedModel> = {},
  write: (
    onText: (text: string) => void,
    signal: AbortSignal,
  ) => Generation["stopReason"] | Promise<Generation["stopReason"]> = () => "end",
): ScriptedModel {
  const counted: (readonly PromptPart[])[] = [];
  const asked: GenerateRequest[] = [];
  return {
    counted,
    asked,
    info: { ...loadedModel, ...info },
    score: () => Promise.reject(new Error("not asked for")),
    countTokens: (prompt) => {
      counted.push(prompt);
      return Promise.resolve(crossesOf(prompt));
    },
    generate: async (request, onText, signal) => {
      asked.push(request);
      let text = "";
      const stopReason = await write((piece) => {
        text += piece;
        onText(piece);
      }, signal);
      const usage = { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 };
      return { text, alternatives: [], stopReason, usage };
    },
  };
}
