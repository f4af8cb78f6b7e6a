// Reads all that a conversion needs to know, checks it, and writes down what is done with each tensor.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { type ModelPlan, planModel } from "./architectures/modelPlan.ts";
import { ConversionError } from "./conversionError.ts";
import { type GgufKey, type GgufValue, layOut, string } from "./ggufWriter.ts";
import { Config } from "./original/config.ts";
import { fileTypeKeys, generalKeys } from "./original/generalKeys.ts";
import { preTokenizerName } from "./original/preTokenizer.ts";
import { readJson, readOptionalJson } from "./original/readJson.ts";
import { numberBytes, type NumberType, type OriginalTensor, readTensors } from "./original/safetensors.ts";
import { specialTokenKeys } from "./original/specialTokens.ts";
import { readVocabulary } from "./original/vocabulary.ts";
import { dimsOf, type TensorRule } from "./tensorRule.ts";
import { chooseType, type FileType, type TensorType, tensorTypes } from "./tensorTypes.ts";

export interface PlannedTensor {
  readonly rule: TensorRule;
  readonly original: OriginalTensor & { readonly type: NumberType };
  /** The input's dimension first. */
  readonly dims: readonly number[];
  readonly type: TensorType;
  /** Of its data in the new file. */
  readonly position: number;
  readonly bytes: number;
}

export interface Conversion {
  readonly header: Uint8Array;
  /** Bytes of the new file. */
  readonly size: number;
  /** In the order of the original files. */
  readonly tensors: readonly PlannedTensor[];
}

/** @throws ConversionError */
export function planConversion(folder: string, fileType: FileType): Conversion {
  const json = readJson(folder, "config.json");
  const plan = planModel(new Config(json));
  const originals = readTensors(folder);
  const rules = rulesWithTensors(plan.tensors, originals);
  const isTied = !rules.some(({ rule }) => rule.name === "output.weight");
  const planned = rules.map(({ rule, original }) => {
    const dims = dimsOf(rule);
    const type = chooseType(rule.name, dims, { fileType, isTied, ...plan });
    const elements = dims.reduce((product, dim) => product * dim, 1);
    return {
      rule,
      original,
      dims,
      type,
      elements,
      bytes: (elements / tensorTypes[type].elements) * tensorTypes[type].bytes,
    };
  });
  const parameters = planned.reduce((sum, { elements }) => sum + elements, 0);
  const { header, positions, size } = layOut(
    [
      ["general.architecture", string(plan.architecture)],
      ...generalKeys(folder, json, parameters),
      ...plan.keys.map(([key, value]): GgufKey => [`${plan.architecture}.${key}`, value]),
      ...fileTypeKeys(fileType),
      ...tokenizerKeys(folder, json, plan),
    ],
    planned.map(({ rule, dims, type, bytes }) => ({ name: rule.name, dims, type: tensorTypes[type].number, bytes })),
  );
  return { header, size, tensors: planned.map((tensor, i) => ({ ...tensor, position: positions[i] ?? 0 })) };
}

function tokenizerKeys(folder: string, config: Readonly<Record<string, unknown>>, plan: ModelPlan): GgufKey[] {
  const tokenizer = readJson(folder, "tokenizer.json");
  const settings = readOptionalJson(folder, "tokenizer_config.json");
  const vocabulary = readVocabulary(tokenizer, settings, plan.vocabulary);
  const strings = (value: readonly string[]): GgufValue => ({ type: "string[]", value });
  return [
    ["tokenizer.ggml.model", string("gpt2")],
    ["tokenizer.ggml.pre", string(preTokenizerName(tokenizer, plan.architecture, vocabulary.tokens))],
    ["tokenizer.ggml.tokens", strings(vocabulary.tokens)],
    ["tokenizer.ggml.token_type", { type: "i32[]", value: vocabulary.types }],
    ["tokenizer.ggml.merges", strings(vocabulary.merges)],
    ...specialTokenKeys(folder, config, tokenizer, vocabulary),
  ];
}

/** What files hold beside the weights: tables that are computed anew. */
const ignored = /\.(attention\.masked_bias|attention\.bias|rotary_emb\.inv_freq)$/;

/** Every rule with its tensor, and no tensor without a rule; in the order of the files. */
function rulesWithTensors(rules: readonly TensorRule[], originals: ReadonlyMap<string, OriginalTensor>) {
  const used = new Set(rules.map(({ source }) => source));
  const unknown = Array.from(originals.keys()).find((name) => !used.has(name) && !ignored.test(name));
  if (unknown !== undefined) {
    throw new ConversionError(
      l10n.t("it holds the tensor {0}, which is no part of a model of this kind", plainName(unknown)),
    );
  }
  const found = rules.flatMap((rule) => {
    const original = originals.get(rule.source);
    if (original) return [{ rule, original: checked(rule, original) }];
    if (rule.isOptional) return [];
    throw new ConversionError(l10n.t("the tensor {0} is missing: download all parts of the model", rule.source));
  });
  return found.sort(
    (a, b) =>
      (a.original.file < b.original.file ? -1 : a.original.file > b.original.file ? 1 : 0) ||
      a.original.position - b.original.position,
  );
}

/** @throws ConversionError where it has not the shape that follows from the config, or is quantized */
export function checked(rule: TensorRule, original: OriginalTensor): PlannedTensor["original"] {
  if (original.shape.join("×") !== rule.shape.join("×")) {
    throw new ConversionError(
      l10n.t(
        "the tensor {0} has the shape {1}, where config.json makes it {2}",
        rule.source,
        original.shape.join("×"),
        rule.shape.join("×"),
      ),
    );
  }
  const { type } = original;
  if (!(type in numberBytes)) {
    throw new ConversionError(
      l10n.t(
        "the tensor {0} is of the type {1}: download the model's original weights, in 16 or 32 bits",
        rule.source,
        plainName(type),
      ),
    );
  }
  return { ...original, type: type as NumberType };
}
