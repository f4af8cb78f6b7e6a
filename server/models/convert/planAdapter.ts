// Writes down what is done with each tensor of a LoRA adapter, as PEFT writes them: what happens to a weight's rows happens to
// those of B, since the change to it is B · A. By llama.cpp's convert_lora_to_gguf.py.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { planModel } from "./architectures/modelPlan.ts";
import { ConversionError } from "./conversionError.ts";
import { f32, layOut, string } from "./ggufWriter.ts";
import { Config } from "./original/config.ts";
import { fileTypeKeys } from "./original/generalKeys.ts";
import { type JsonObject, readJson } from "./original/readJson.ts";
import { type OriginalTensor, readShard } from "./original/safetensors.ts";
import { checked, type Conversion, type PlannedTensor } from "./planConversion.ts";
import { dimsOf, type TensorRule } from "./tensorRule.ts";
import { tensorTypes } from "./tensorTypes.ts";

const weights = "adapter_model.safetensors";

/**
 * In 32 bits, as PEFT trains it: an adapter is small.
 * @param base the folder of the weights that it was trained on
 * @throws ConversionError
 */
export function planAdapter(folder: string, base: string): Conversion {
  const settings = readJson(folder, "adapter_config.json");
  const originals = readShard(folder, weights);
  const plan = planModel(new Config(readJson(base, "config.json")));
  const rules = new Map(plan.tensors.map((rule) => [rule.source, rule]));
  const planned = Array.from(originals, ([name, original]) => planTensor(name, original, originals, rules));
  const { header, positions, size } = layOut(
    [
      ["general.architecture", string(plan.architecture)],
      ["general.type", string("adapter")],
      ["adapter.type", string("lora")],
      ["adapter.lora.alpha", f32(alphaOf(settings, planned))],
      ...fileTypeKeys("F32"),
    ],
    planned.map(({ rule, dims, bytes }) => ({ name: rule.name, dims, type: tensorTypes.F32.number, bytes })),
  );
  return { header, size, tensors: planned.map((tensor, i) => ({ ...tensor, position: positions[i] ?? 0 })) };
}

/** What llama.cpp divides by the rank to get the scale. */
function alphaOf(settings: JsonObject, planned: readonly PlannedTensor[]): number {
  const { peft_type: kind, lora_alpha: alpha } = settings;
  if (kind !== "LORA") throw fault("peft_type", kind);
  if (typeof alpha !== "number" || !Number.isFinite(alpha)) throw fault("lora_alpha", alpha);
  if (settings["use_dora"] === true) throw fault("use_dora", true);
  const patterns = settings["alpha_pattern"] ?? {};
  if (typeof patterns !== "object" || Object.keys(patterns).length > 0) throw fault("alpha_pattern", patterns);
  if (settings["use_rslora"] !== true) return alpha;
  // PEFT divides by the root of the rank then.
  const ranks = new Set(planned.filter(({ rule }) => rule.name.endsWith(".lora_b")).map(({ dims }) => dims[0] ?? 0));
  const [rank = 0] = ranks;
  if (ranks.size !== 1) throw fault("use_rslora", true);
  return alpha * Math.sqrt(rank);
}

function fault(name: string, value: unknown): ConversionError {
  return new ConversionError(
    l10n.t("{0} says that {1} is {2}", "adapter_config.json", name, plainName(JSON.stringify(value ?? null))),
  );
}

function planTensor(
  name: string,
  original: OriginalTensor,
  originals: ReadonlyMap<string, OriginalTensor>,
  rules: ReadonlyMap<string, TensorRule>,
): PlannedTensor {
  const [, module = "", half = ""] = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? [];
  const weight = rules.get(`${module}.weight`);
  if (weight?.shape.length !== 2) {
    throw new ConversionError(
      l10n.t("the tensor {0} changes nothing of the model that it is said to be for", plainName(name)),
    );
  }
  const other = originals.get(`base_model.model.${module}.lora_${half === "A" ? "B" : "A"}.weight`);
  if (!other) throw new ConversionError(l10n.t("the other half of the tensor {0} is missing", plainName(name)));
  const rule = ruleOf(weight, half, name, (half === "A" ? original : other).shape[0] ?? 0);
  const bytes = rule.shape.reduce((product, dim) => product * dim, tensorTypes.F32.bytes);
  return { rule, original: checked(rule, original), dims: dimsOf(rule), type: "F32", position: 0, bytes };
}

function ruleOf({ name, shape, rows, factors }: TensorRule, half: string, source: string, rank: number): TensorRule {
  const [output = 0, input = 0] = shape;
  if (half === "A") return { name: `${name}.lora_a`, source, shape: [rank, input] };
  return {
    name: `${name}.lora_b`,
    source,
    shape: [output, rank],
    ...(rows && { rows }),
    ...(factors && { factors }),
  };
}
