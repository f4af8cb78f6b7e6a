// The catalogue as a user of this machine sees it: what fits, how fast it is, and what is best for what.

import type { CatalogueRow, ConvertParams, ModelChoice, Purpose } from "../../../src/shared/models.ts";
import type { ServerSettings } from "../../../src/shared/protocol.ts";
import { planMemory, type PlanOptions } from "../../engine/plan/memoryPlan.ts";
import type { PlannedModel } from "../../engine/plan/shape.ts";
import { tokensPerSecond } from "../plan/speed.ts";
import type { Machine } from "../plan/thisMachine.ts";
import { plannedWeights } from "../plan/weights.ts";
import type { CatalogueModel } from "./model.ts";

/** The types that original weights can be made into, the usual one first. */
const conversions: readonly ConvertParams["type"][] = ["Q4_K_M", "Q8_0", "Q6_K", "Q5_K_M", "Q4_0", "BF16"];

/** Tokens in a second with which ghost text comes at once, and with which one reads an answer as it is written. */
const fastEnough: Readonly<Record<Purpose, number>> = { complete: 20, chat: 6, write: 6, tools: 6 };

type ModelSettings = Pick<ServerSettings["model"], "contextSize" | "kvCache" | "gpuLayers">;

/** One for a chat, one for the file that is written in; where there is more memory, there are more. */
const usualSequences = 2;

export function catalogueRows(
  models: readonly CatalogueModel[],
  machine: Machine,
  settings: ModelSettings,
  language: string,
): readonly CatalogueRow[] {
  const rows = models.map((model) => rowOf(model, machine, settings));
  const recommended = (["complete", "chat", "write"] as const).map(
    (purpose) => [purpose, recommend(rows, purpose, language) ?? recommend(rows, purpose, "en")] as const,
  );
  return rows.map((row) => ({
    ...row,
    recommendedFor: recommended.flatMap(([purpose, best]) => (best === row ? [purpose] : [])),
  }));
}

function rowOf(model: CatalogueModel, machine: Machine, settings: ModelSettings): CatalogueRow {
  const choices = model.unusable ? [] : choicesOf(model).map((choice) => plan(model, choice, machine, settings));
  const best = bestChoice(choices);
  return { model, choices, ...(best !== undefined && { best }), recommendedFor: [] };
}

function choicesOf({ gguf }: CatalogueModel): readonly ModelChoice[] {
  const files = gguf.flatMap(({ repository, files }) =>
    files.map(({ name, quantization, size }) => ({
      quantization,
      file: { repository, name },
      ...(size !== undefined && { size }),
    })),
  );
  // Of some repositories only the hub knows the files.
  return files.length > 0 ? files : conversions.map((quantization) => ({ quantization }));
}

function plan(model: CatalogueModel, choice: ModelChoice, machine: Machine, settings: ModelSettings): ModelChoice {
  const weights = plannedWeights(model, choice.quantization, choice.size);
  const { architecture, shape, contextLength = Infinity } = model;
  if (!architecture || !shape || !weights) return choice;
  const { embedding, output = 0, layers } = weights;
  const estimate = Math.round(embedding + output + layers.flat().reduce((sum, bytes) => sum + bytes, 0));
  return {
    ...choice,
    ...(choice.size === undefined && { size: estimate, isSizeEstimated: true }),
    ...planFor({ architecture, shape, weights }, contextLength, machine, settings),
  };
}

/** What a model needs of this machine with these settings, and how fast it is. */
export function planFor(
  model: PlannedModel,
  contextLength: number,
  machine: Machine,
  { contextSize, kvCache, gpuLayers }: ModelSettings,
): Pick<ModelChoice, "plan" | "tokensPerSecond"> {
  const options: PlanOptions = {
    contextSize: Math.min(contextSize, contextLength),
    sequences: usualSequences,
    kvCache: kvCache === "q8_0" ? "q8_0" : "f16",
    // As the engine chooses: on a processor only a KV cache in 8 bits takes it, unless memory is short.
    flashAttention: machine.devices.length > 1 || kvCache === "q8_0",
    ...(gpuLayers !== undefined && { gpuLayers }),
  };
  const plan = planMemory(model, options, machine.devices);
  const speed = tokensPerSecond(model, plan, options.sequences, machine.bandwidth);
  return { plan, ...(speed !== undefined && { tokensPerSecond: speed }) };
}

/** Below 4 bits models lose their wits, and above 8 none gains. */
const worthwhile = /^(IQ4|Q[4-8])/;

/** The largest that is fast, or else the one that is usual. */
function bestChoice(choices: readonly ModelChoice[]): number | undefined {
  const fitting = choices
    .map((choice, index) => ({ choice, index }))
    .filter(({ choice }) => choice.plan && choice.plan.fit !== "none" && worthwhile.test(choice.quantization))
    .sort((a, b) => (b.choice.size ?? 0) - (a.choice.size ?? 0));
  const fast = fitting.find(({ choice }) => (choice.tokensPerSecond ?? 0) >= fastEnough.complete);
  const usual = fitting.find(({ choice }) => choice.quantization === "Q4_K_M");
  return (fast ?? usual ?? fitting.at(-1))?.index;
}

/** The best model that fits and is fast enough; undefined where there is none. */
function recommend(rows: readonly CatalogueRow[], purpose: Purpose, language: string): CatalogueRow | undefined {
  const suitable = rows.filter(({ model, choices, best }) => {
    const choice = best === undefined ? undefined : choices[best];
    const speaks = purpose === "complete" || model.languages.includes(language);
    // Where nothing is known of a GPU's speed, what fits onto it whole is fast.
    const speed = choice?.tokensPerSecond ?? (choice?.plan?.fit === "gpu" ? Infinity : 0);
    return model.purposes.includes(purpose) && speaks && speed >= fastEnough[purpose];
  });
  return suitable.sort((a, b) => quality(b, purpose) - quality(a, purpose))[0];
}

/** What is known of how well a model does: how much of HumanEval it solves; of the rest how large it is. */
function quality({ model }: CatalogueRow, purpose: Purpose): number {
  const { humanEval = 0, infill, parameters, kind } = model;
  // Billions of parameters break ties. What continues a text in the middle of a line without seeing what follows is worse at it.
  const size = Math.min(parameters / 1e9, 50) / 50;
  if (purpose === "complete") return humanEval + size + (infill ? 30 : 0);
  return humanEval + size + (kind === "instruct" ? 20 : 0);
}
