// The catalogue as a user of this machine sees it: what fits, how fast it is, and what is best for what.

import { type ModelRole, rolesOf } from "../../../src/shared/modelRoles.ts";
import { type CatalogueRow, convertedTypes, type ModelChoice, type Purpose } from "../../../src/shared/models.ts";
import type { ServerSettings } from "../../../src/shared/serverSettings.ts";
import { roomyKvCache } from "../../engine/plan/buffers.ts";
import { planMemory, type PlanOptions } from "../../engine/plan/memoryPlan.ts";
import type { PlannedModel } from "../../engine/plan/shape.ts";
import { tokensPerSecond } from "../plan/speed.ts";
import type { Machine } from "../plan/thisMachine.ts";
import { plannedWeights } from "../plan/weights.ts";
import type { CatalogueModel } from "./model.ts";

/** Tokens in a second with which ghost text comes at once, and with which one reads an answer as it is written. */
const fastEnough: Readonly<Record<Purpose, number>> = { complete: 20, chat: 6, write: 6, tools: 6 };

type ModelSettings = Pick<ServerSettings["model"], "contextSize" | "kvCache" | "gpuLayers">;

/** One for a chat, one for the file that is written in; where there is more memory, there are more. */
const usualSequences = 2;

/** What the machine has for a model that takes both roles, and for one beside the other role's. */
export type Machines = Readonly<Record<ModelRole | "both", Machine>>;

export function catalogueRows(
  models: readonly CatalogueModel[],
  machines: Machines,
  settings: ModelSettings,
  language: string,
): readonly CatalogueRow[] {
  const known = models.map((model) => ({ model, choices: model.unusable ? [] : choicesOf(model).map(weigh(model)) }));
  const rowsOn = (machine: Machine) => known.map(({ model, choices }) => rowOf(model, choices, machine, settings));
  const rows = { both: rowsOn(machines.both), completion: rowsOn(machines.completion), chat: rowsOn(machines.chat) };
  const recommended = (["complete", "chat", "write"] as const).map((purpose) => {
    const ofRole = rows[purpose === "complete" ? "completion" : "chat"];
    return [purpose, recommend(ofRole, purpose, language) ?? recommend(ofRole, purpose, "en")] as const;
  });
  return rows.both.map((row, i) => {
    const recommendedFor = recommended.flatMap(([purpose, best]) => (best?.model === row.model ? [purpose] : []));
    const [role, ...others] = rolesOf(recommendedFor);
    // It is chosen for what it is recommended for.
    const chosen = role && others.length === 0 ? rows[role][i] : row;
    return { ...(chosen ?? row), recommendedFor };
  });
}

function rowOf(
  model: CatalogueModel,
  known: readonly WeighedChoice[],
  machine: Machine,
  settings: ModelSettings,
): CatalogueRow {
  const { contextLength = Infinity } = model;
  const choices = known.map(({ choice, planned }) =>
    planned ? { ...choice, ...planFor(planned, contextLength, machine, settings) } : choice,
  );
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
  return files.length > 0 ? files : convertedTypes.map((quantization) => ({ quantization }));
}

/** A choice, and what is known of its memory. */
interface WeighedChoice {
  readonly choice: ModelChoice;
  readonly planned?: PlannedModel;
}

function weigh(model: CatalogueModel): (choice: ModelChoice) => WeighedChoice {
  const { architecture, shape } = model;
  return (choice) => {
    const weights = plannedWeights(model, choice.quantization, choice.size);
    if (!architecture || !shape || !weights) return { choice };
    const { embedding, output = 0, layers } = weights;
    const estimate = Math.round(embedding + output + layers.flat().reduce((sum, bytes) => sum + bytes, 0));
    const isKnown = choice.size !== undefined;
    return {
      choice: isKnown ? choice : { ...choice, size: estimate, isSizeEstimated: true },
      planned: { architecture, shape, weights },
    };
  };
}

/** What a model needs of this machine with these settings, and how fast it is. */
export function planFor(
  model: PlannedModel,
  contextLength: number,
  machine: Machine,
  { contextSize, kvCache, gpuLayers }: ModelSettings,
): Pick<ModelChoice, "plan" | "tokensPerSecond"> {
  const context = {
    contextSize: Math.min(contextSize, contextLength),
    sequences: usualSequences,
    ...(gpuLayers !== undefined && { gpuLayers }),
  };
  const plans = waysOf(model, machine, kvCache).map((way) =>
    planMemory(model, { ...context, ...way }, machine.devices),
  );
  const plan = plans.find(({ fit }) => fit !== "none") ?? plans.at(-1);
  if (!plan) return {};
  const speed = tokensPerSecond(model, plan, usualSequences, machine.bandwidth);
  return { plan, ...(speed !== undefined && { tokensPerSecond: speed }) };
}

/** As the engine stores a context: where it does not fit on a processor, with flash attention, and then in 8 bits. */
function waysOf(
  { shape }: PlannedModel,
  { devices }: Machine,
  kvCache: ModelSettings["kvCache"] = "auto",
): readonly Pick<PlanOptions, "kvCache" | "flashAttention">[] {
  const short = { kvCache: roomyKvCache(kvCache), flashAttention: true } as const;
  if (devices.length > 1 || kvCache === "q8_0") return [short];
  const rounded = kvCache === "auto" && shape.headSize % 32 === 0;
  return [{ ...short, flashAttention: false }, short, ...(rounded ? [{ ...short, kvCache: "q8_0" } as const] : [])];
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
