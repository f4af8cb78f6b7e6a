// Falcon-Mamba. Names and layout by llama.cpp's src/models/mamba.cpp and conversion/mamba.py.

import { bool, f32, type GgufKey, u32 } from "../ggufWriter.ts";
import type { Config } from "../original/config.ts";
import type { TensorRule } from "../tensorRule.ts";
import type { ModelPlan } from "./modelPlan.ts";

/** llama.cpp's converter writes it, since a state has no end. */
const contextLength = 2 ** 20;

export function planFalconMamba(config: Config): ModelPlan {
  const embedding = config.integer("hidden_size", "d_model");
  const size = {
    layers: config.layers("num_hidden_layers", "n_layer"),
    vocabulary: config.integer("vocab_size"),
    embedding,
    inner: config.has("intermediate_size") ? config.integer("intermediate_size") : 2 * embedding,
    state: config.integer("state_size"),
    convolution: config.integer("conv_kernel"),
    rank: config.integer("time_step_rank"),
  };
  // llama.cpp refuses another factor.
  if (size.inner !== 2 * embedding) throw config.fault("intermediate_size");
  return {
    architecture: "mamba",
    layers: size.layers,
    vocabulary: size.vocabulary,
    keys: keysOf(config, size),
    tensors: tensorsOf(size),
  };
}

interface MambaSize {
  readonly layers: number;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly inner: number;
  readonly state: number;
  readonly convolution: number;
  readonly rank: number;
}

function keysOf(config: Config, size: MambaSize): GgufKey[] {
  return [
    ["context_length", u32(contextLength)],
    ["embedding_length", u32(size.embedding)],
    // llama.cpp asks for these two though there is neither a feed-forward network nor attention.
    ["feed_forward_length", u32(0)],
    ["attention.head_count", u32(0)],
    ["block_count", u32(size.layers)],
    ["ssm.conv_kernel", u32(size.convolution)],
    ["ssm.inner_size", u32(size.inner)],
    ["ssm.state_size", u32(size.state)],
    ["ssm.time_step_rank", u32(size.rank)],
    ["attention.layer_norm_rms_epsilon", f32(config.number("layer_norm_epsilon"))],
    // What tells Falcon-Mamba from Mamba: norms of B, C and the time step.
    ["ssm.dt_b_c_rms", bool(true)],
  ];
}

function tensorsOf({ layers, vocabulary, embedding, inner, state, convolution, rank }: MambaSize): TensorRule[] {
  const layer = (index: number): TensorRule[] => {
    const name = `blk.${index}`;
    const source = `backbone.layers.${index}`;
    const matrix = (ours: string, theirs: string, shape: readonly number[]) => ({
      name: `${name}.${ours}.weight`,
      source: `${source}.mixer.${theirs}.weight`,
      shape,
    });
    return [
      { name: `${name}.attn_norm.weight`, source: `${source}.norm.weight`, shape: [embedding] },
      matrix("ssm_in", "in_proj", [2 * inner, embedding]),
      { ...matrix("ssm_conv1d", "conv1d", [inner, 1, convolution]), dims: [convolution, inner] },
      { name: `${name}.ssm_conv1d.bias`, source: `${source}.mixer.conv1d.bias`, shape: [inner] },
      matrix("ssm_x", "x_proj", [rank + 2 * state, inner]),
      matrix("ssm_dt", "dt_proj", [inner, rank]),
      { name: `${name}.ssm_dt.bias`, source: `${source}.mixer.dt_proj.bias`, shape: [inner] },
      { name: `${name}.ssm_a`, source: `${source}.mixer.A_log`, shape: [inner, state], isLogarithm: true },
      { name: `${name}.ssm_d`, source: `${source}.mixer.D`, shape: [inner] },
      matrix("ssm_out", "out_proj", [embedding, inner]),
    ];
  };
  const shape = [vocabulary, embedding];
  return [
    { name: "token_embd.weight", source: "backbone.embeddings.weight", shape },
    { name: "output.weight", source: "lm_head.weight", shape, isOptional: true },
    { name: "output_norm.weight", source: "backbone.norm_f.weight", shape: [embedding] },
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
  ];
}
