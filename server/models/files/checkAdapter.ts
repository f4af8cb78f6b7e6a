// Holds the header of a LoRA adapter against the model that it is to change. What llama.cpp would answer by ending the
// process, or would pass over in silence, is rejected here.

import { GgufError } from "./byteReader.ts";
import type { GgufHeader, GgufTensor } from "./gguf.ts";

/** The weights that llama.cpp runs with an adapter: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-graph.cpp */
const adaptable = /^output\.weight$|^blk\.\d+\.(attn_(qkv|q|k|v|output)|ffn_(gate|up|down)|ssm_(in|x|dt|out))\.weight$/;

/** F32, F16, Q8_0 and BF16: what adapters are converted to. */
const tensorTypes = [0, 1, 8, 30];

/** @throws GgufError that names the place */
export function checkAdapter(adapter: GgufHeader, model: GgufHeader): void {
  checkKeys(adapter, model);
  const weights = new Set([...adapter.tensors.keys()].map(weightOf));
  if (weights.size === 0) throw new GgufError("it holds no tensors");
  for (const weight of weights) checkPair(weight, adapter, model);
}

function checkKeys({ scalars, floats, arrays }: GgufHeader, model: GgufHeader): void {
  const require = (key: string, expected: unknown) => {
    const value = scalars.get(key);
    if (value !== expected) throw new GgufError(`${key} is ${value ?? "missing"}, not ${String(expected)}`);
  };
  require("general.type", "adapter");
  require("adapter.type", "lora");
  require("general.architecture", model.scalars.get("general.architecture"));
  const alpha = scalars.get("adapter.lora.alpha") ?? 0;
  const isFloat = floats.has("adapter.lora.alpha") || !scalars.has("adapter.lora.alpha");
  if (!isFloat || !Number.isFinite(alpha)) throw new GgufError(`adapter.lora.alpha is ${alpha}`);
  if (arrays.has("adapter.alora.invocation_tokens")) {
    throw new GgufError("it is to be invoked by a text (adapter.alora.invocation_tokens)");
  }
}

/** The name of the weight that a tensor is one half of the change to. */
function weightOf(tensor: string): string {
  const weight = /^(.*)\.lora_[ab]$/.exec(tensor)?.[1];
  if (weight === undefined) throw new GgufError(`the tensor ${tensor} is no part of a LoRA adapter`);
  if (!adaptable.test(weight)) throw new GgufError(`the tensor ${tensor} is for a weight that no adapter can change`);
  return weight;
}

/** The change is B · A, in GGUF's order of dimensions A: input × rank and B: rank × output. */
function checkPair(weight: string, adapter: GgufHeader, model: GgufHeader): void {
  const base = model.tensors.get(weight);
  if (!base) throw new GgufError(`the model has no tensor ${weight}`);
  const a = half(adapter, `${weight}.lora_a`);
  const b = half(adapter, `${weight}.lora_b`);
  const [input, output] = base.dims;
  const [rank] = b.dims;
  if (a.dims.length !== 2 || b.dims.length !== 2 || a.dims[0] !== input || a.dims[1] !== rank || b.dims[1] !== output) {
    const shapes = [a, b, base].map(({ dims }) => dims.join("×"));
    throw new GgufError(
      `the tensors ${weight}.lora_a and .lora_b have the shapes ${shapes[0]} and ${shapes[1]}, with a weight of ${shapes[2]}`,
    );
  }
}

function half(adapter: GgufHeader, name: string): GgufTensor {
  const tensor = adapter.tensors.get(name);
  if (!tensor) throw new GgufError(`the tensor ${name} is missing`);
  if (!tensorTypes.includes(tensor.type))
    throw new GgufError(`the tensor ${name} has the unusable type ${tensor.type}`);
  return tensor;
}
