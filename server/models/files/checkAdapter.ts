// Holds the header of a LoRA adapter against the model that it is to change. What llama.cpp would answer by ending the
// process, or would pass over in silence, is rejected here.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { GgufError } from "./byteReader.ts";
import type { GgufHeader, GgufTensor } from "./gguf.ts";
import { valueTypes } from "./ggufValues.ts";
import { tensorTypeName } from "./tensorTypes.ts";

/** The weights that llama.cpp runs with an adapter: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-graph.cpp */
const adaptable = /^output\.weight$|^blk\.\d+\.(attn_(qkv|q|k|v|output)|ffn_(gate|up|down)|ssm_(in|x|dt|out))\.weight$/;

/** F32, F16, Q8_0 and BF16: what adapters are converted to. */
const tensorTypes = [0, 1, 8, 30];

/** @throws GgufError that names the place */
export function checkAdapter(adapter: GgufHeader, model: GgufHeader): void {
  checkKeys(adapter, model);
  const weights = new Set([...adapter.tensors.keys()].map(weightOf));
  if (weights.size === 0) throw new GgufError(l10n.t("it holds no tensors"));
  for (const weight of weights) checkPair(weight, adapter, model);
}

function checkKeys({ scalars, types, arrays }: GgufHeader, model: GgufHeader): void {
  const require = (key: string, expected: unknown) => {
    const value = scalars.get(key);
    if (value === expected) return;
    throw new GgufError(
      l10n.t("{0} is “{1}”, not “{2}”", key, plainName(String(value ?? "")), plainName(String(expected))),
    );
  };
  const kind = scalars.get("general.type") ?? "model";
  if (kind === "model") {
    throw new GgufError(
      l10n.t("it is a model, not an adapter: a model belongs into the setting {0}", "falcon.model.path"),
    );
  }
  require("general.type", "adapter");
  require("adapter.type", "lora");
  require("general.architecture", model.scalars.get("general.architecture"));
  const alpha = scalars.get("adapter.lora.alpha") ?? 0;
  const isFloat = (types.get("adapter.lora.alpha") ?? valueTypes.f32) === valueTypes.f32;
  if (!isFloat || !Number.isFinite(alpha) || arrays.has("adapter.lora.alpha")) {
    throw new GgufError(l10n.t("{0} is {1}", "adapter.lora.alpha", plainName(String(alpha))));
  }
  if (arrays.has("adapter.alora.invocation_tokens")) {
    throw new GgufError(l10n.t("it is to be invoked by a text ({0})", "adapter.alora.invocation_tokens"));
  }
}

/** The name of the weight that a tensor is one half of the change to. */
function weightOf(tensor: string): string {
  const weight = /^(.*)\.lora_[ab]$/.exec(tensor)?.[1];
  if (weight === undefined) throw new GgufError(l10n.t("the tensor {0} is no part of a LoRA adapter", tensor));
  if (!adaptable.test(weight)) {
    throw new GgufError(l10n.t("the tensor {0} is for a weight that no adapter can change", tensor));
  }
  return weight;
}

/** The change is B · A, in GGUF's order of dimensions A: input × rank and B: rank × output. */
function checkPair(weight: string, adapter: GgufHeader, model: GgufHeader): void {
  const base = model.tensors.get(weight);
  if (!base) throw new GgufError(l10n.t("the model has no tensor {0}", weight));
  const a = half(adapter, `${weight}.lora_a`);
  const b = half(adapter, `${weight}.lora_b`);
  const [input, output] = base.dims;
  const [rank] = b.dims;
  if (a.dims.length !== 2 || b.dims.length !== 2 || a.dims[0] !== input || a.dims[1] !== rank || b.dims[1] !== output) {
    const [shapeOfA = "", shapeOfB = "", shape = ""] = [a, b, base].map(({ dims }) => dims.join("×"));
    throw new GgufError(
      l10n.t(
        "the tensors {0} and {1} have the shapes {2} and {3}, with a weight of {4}",
        `${weight}.lora_a`,
        ".lora_b",
        shapeOfA,
        shapeOfB,
        shape,
      ),
    );
  }
}

function half(adapter: GgufHeader, name: string): GgufTensor {
  const tensor = adapter.tensors.get(name);
  if (!tensor) throw new GgufError(l10n.t("the tensor {0} is missing", name));
  if (!tensorTypes.includes(tensor.type)) {
    throw new GgufError(
      l10n.t("the tensor {0} is of the type {1}, which it cannot be", name, tensorTypeName(tensor.type)),
    );
  }
  return tensor;
}
