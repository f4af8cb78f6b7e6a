// Holds a model's tensors against the shapes and types that its architecture takes. By load_arch_tensors() of
// src/models/{falcon,falcon-h1,llama,mamba}.cpp.

import * as l10n from "@vscode/l10n";

import { GgufError } from "./byteReader.ts";
import type { Architecture, ModelShape } from "./checkModel.ts";
import type { GgufHeader, GgufTensor } from "./gguf.ts";
import { tensorTypeName } from "./tensorTypes.ts";

/** Shapes by name, the input's dimension first; a name that ends in “?” need not be there. */
type Shapes = Readonly<Record<string, readonly number[]>>;

/** @throws GgufError that names the tensor */
export function checkTensors(tensors: GgufHeader["tensors"], architecture: Architecture, shape: ModelShape): void {
  checkShapes(tensors, "", modelShapes(architecture, shape));
  const ofLayer = layerShapes[architecture](shape);
  for (let layer = 0; layer < shape.layers; layer++) {
    const block = `blk.${layer}.`;
    const isJoined = tensors.has(`${block}attn_qkv.weight`);
    checkShapes(tensors, block, { ...ofLayer, ...attentionShapes(architecture, shape, isJoined) });
  }
}

function checkShapes(tensors: GgufHeader["tensors"], block: string, shapes: Shapes): void {
  for (const [key, expected] of Object.entries(shapes)) {
    const name = `${block}${key.replace(/\?$/, "")}`;
    const tensor = tensors.get(name);
    if (tensor) checkTensor(name, tensor, expected);
    else if (!key.endsWith("?")) throw new GgufError(l10n.t("the tensor {0} is missing", name));
  }
}

/** Vectors are added and multiplied, the convolution and the decay likewise: as 32-bit floats, as every converter writes them. */
const floatOnly = /_norm|\.bias$|ssm_(conv1d|a|d)\b|rope_freqs/;
/** Whole numbers, doubles, and what only stands between two steps of a computation. */
const noWeights = ["I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K"];

function checkTensor(name: string, { dims, type }: GgufTensor, expected: readonly number[]): void {
  if (shown(dims) !== shown(expected)) {
    throw new GgufError(l10n.t("the tensor {0} has the shape {1}, not {2}", name, shown(dims), shown(expected)));
  }
  const typeName = tensorTypeName(type);
  if (noWeights.includes(typeName) || (floatOnly.test(name) && typeName !== "F32")) {
    throw new GgufError(l10n.t("the tensor {0} is of the type {1}, which it cannot be", name, typeName));
  }
}

/** Dimensions of 1 at the end say nothing. */
function shown(dims: readonly number[]): string {
  const last = dims.findLastIndex((dim) => dim !== 1);
  return dims.slice(0, Math.max(last, 0) + 1).join("×");
}

function modelShapes(architecture: Architecture, { embedding, vocabulary, ropeSize }: ModelShape): Shapes {
  return {
    "token_embd.weight": [embedding, vocabulary],
    "output_norm.weight": [embedding],
    ...(architecture === "falcon" && { "output_norm.bias": [embedding] }),
    // Without it the embedding serves for both.
    "output.weight?": [embedding, vocabulary],
    ...(ropeSize > 0 && { "rope_freqs.weight?": [ropeSize / 2] }),
  };
}

/** Queries, keys and values in one tensor or in three, as create_tensor_qkv() takes them. */
function attentionShapes(
  architecture: Architecture,
  { embedding, heads, kvHeads, headSize }: ModelShape,
  isJoined: boolean,
): Shapes {
  if (architecture === "mamba") return {};
  const query = heads * headSize;
  const key = kvHeads * headSize;
  const output = { "attn_output.weight": [query, embedding], "attn_output.bias?": [embedding] };
  if (isJoined || architecture === "falcon") {
    return { ...output, "attn_qkv.weight": [embedding, query + 2 * key], "attn_qkv.bias?": [query + 2 * key] };
  }
  return {
    ...output,
    "attn_q.weight": [embedding, query],
    "attn_k.weight": [embedding, key],
    "attn_v.weight": [embedding, key],
    "attn_q.bias?": [query],
    "attn_k.bias?": [key],
    "attn_v.bias?": [key],
  };
}

function gatedShapes({ embedding, feedForward }: ModelShape): Shapes {
  return {
    "ffn_gate.weight": [embedding, feedForward],
    "ffn_up.weight": [embedding, feedForward],
    "ffn_down.weight": [feedForward, embedding],
    "ffn_gate.bias?": [feedForward],
    "ffn_up.bias?": [feedForward],
    "ffn_down.bias?": [embedding],
  };
}

/** What each layer has beside its attention. */
const layerShapes: Readonly<Record<Architecture, (shape: ModelShape) => Shapes>> = {
  falcon: ({ embedding, feedForward }) => ({
    "attn_norm.weight": [embedding],
    "attn_norm.bias": [embedding],
    "attn_norm_2.weight?": [embedding],
    "attn_norm_2.bias?": [embedding],
    "ffn_up.weight": [embedding, feedForward],
    "ffn_down.weight": [feedForward, embedding],
  }),
  llama: (shape) => ({
    "attn_norm.weight": [shape.embedding],
    "ffn_norm.weight": [shape.embedding],
    ...gatedShapes(shape),
  }),
  "falcon-h1": (shape) => {
    const { convolution, inner, state, rank, groups } = shape.ssm;
    const convolved = inner + 2 * groups * state;
    return {
      "attn_norm.weight": [shape.embedding],
      // Without an ending.
      ffn_norm: [shape.embedding],
      "ssm_in.weight": [shape.embedding, inner + convolved + rank],
      "ssm_conv1d.weight": [convolution, convolved],
      // The loader does without it, and the graph does not.
      "ssm_conv1d.bias": [convolved],
      "ssm_dt.bias": [rank],
      ssm_a: [1, rank],
      ssm_d: [1, rank],
      "ssm_norm.weight?": [inner / groups, groups],
      "ssm_out.weight": [inner, shape.embedding],
      ...gatedShapes(shape),
    };
  },
  mamba: ({ embedding, ssm: { convolution, inner, state, rank } }) => ({
    "attn_norm.weight": [embedding],
    "ssm_in.weight": [embedding, 2 * inner],
    "ssm_conv1d.weight": [convolution, inner],
    "ssm_conv1d.bias": [inner],
    "ssm_x.weight": [inner, rank + 2 * state],
    "ssm_dt.weight": [rank, inner],
    "ssm_dt.bias": [inner],
    ssm_a: [state, inner],
    ssm_d: [inner],
    "ssm_out.weight": [inner, embedding],
  }),
};
