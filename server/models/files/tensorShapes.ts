// The tensors that a model of an architecture has, and their shapes. By load_arch_tensors() of
// src/models/{falcon,falcon-h1,llama,mamba}.cpp.

import type { Architecture, ModelShape } from "../../engine/plan/shape.ts";

/** Shapes by name, the input's dimension first; a name that ends in “?” need not be there. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/**
 * The tensors of a whole model, without those that few files have.
 * @param tied whether the embedding serves for the output, too
 */
export function usualTensors(
  architecture: Architecture,
  shape: ModelShape,
  tied: boolean,
): ReadonlyMap<string, readonly number[]> {
  const blocks = Array.from({ length: shape.layers }, (_, layer) =>
    Object.entries(layerShapes(architecture, shape, false)).map(
      ([key, dims]) => [`blk.${layer}.${key}`, dims] as const,
    ),
  );
  const usual = [...Object.entries(modelShapes(architecture, shape)), ...blocks.flat()].flatMap(([key, dims]) => {
    if (key === "output.weight?" && !tied) return [["output.weight", dims] as const];
    return key.endsWith("?") ? [] : [[key, dims] as const];
  });
  return new Map(usual);
}

export function parametersOf(architecture: Architecture, shape: ModelShape, tied: boolean): number {
  const counts = [...usualTensors(architecture, shape, tied).values()].map(elements);
  return counts.reduce((sum, count) => sum + count, 0);
}

function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** What of a layer's tensors begins with “blk.” and its number. */
export function layerShapes(architecture: Architecture, shape: ModelShape, isJoined: boolean): Shapes {
  return { ...besideAttention[architecture](shape), ...attentionShapes(architecture, shape, isJoined) };
}

export function modelShapes(architecture: Architecture, { embedding, vocabulary, ropeSize }: ModelShape): Shapes {
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
const besideAttention: Readonly<Record<Architecture, (shape: ModelShape) => Shapes>> = {
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
