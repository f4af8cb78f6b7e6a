// Falcon-H1. Names and layout by llama.cpp's src/models/falcon-h1.cpp and conversion/falcon_h1.py. Transformers multiplies
// activations by the config's multipliers; here they are multiplied into the weights before or behind those.

import { f32, type GgufKey, u32 } from "../ggufWriter.ts";
import type { Config } from "../original/config.ts";
import type { TensorRule } from "../tensorRule.ts";
import {
  attentionMatrices,
  type AttentionSize,
  attentionSize,
  feedForwardMatrices,
  type LayerMatrix,
} from "./attention.ts";
import type { ModelPlan } from "./modelPlan.ts";

interface StateSize {
  readonly inner: number;
  readonly state: number;
  readonly groups: number;
  readonly heads: number;
  readonly convolution: number;
}

export function planFalconH1(config: Config): ModelPlan {
  const size = attentionSize(config);
  const state = stateSize(config);
  return {
    architecture: "falcon-h1",
    layers: size.layers,
    vocabulary: size.vocabulary,
    keys: keysOf(config, size, state),
    tensors: tensorsOf(config, size, state),
  };
}

function stateSize(config: Config): StateSize {
  const inner = config.integer("mamba_d_ssm");
  const heads = config.integer("mamba_n_heads");
  const groups = config.integer("mamba_n_groups");
  if (inner % heads !== 0 || inner / heads !== config.integer("mamba_d_head")) throw config.fault("mamba_n_heads");
  if (inner % groups !== 0) throw config.fault("mamba_n_groups");
  return { inner, heads, groups, state: config.integer("mamba_d_state"), convolution: config.integer("mamba_d_conv") };
}

function keysOf(config: Config, size: AttentionSize, state: StateSize): GgufKey[] {
  return [
    ["context_length", u32(config.integer("max_position_embeddings"))],
    ["embedding_length", u32(size.embedding)],
    ["feed_forward_length", u32(size.feedForward)],
    ["attention.head_count", u32(size.heads)],
    ["block_count", u32(size.layers)],
    ["ssm.conv_kernel", u32(state.convolution)],
    ["ssm.inner_size", u32(state.inner)],
    ["ssm.state_size", u32(state.state)],
    ["ssm.time_step_rank", u32(state.heads)],
    ["ssm.group_count", u32(state.groups)],
    ["attention.layer_norm_rms_epsilon", f32(config.number("rms_norm_eps"))],
    ["vocab_size", u32(size.vocabulary)],
    ["attention.head_count_kv", u32(size.kvHeads)],
    ["attention.key_length", u32(size.headSize)],
    ["attention.value_length", u32(size.headSize)],
    ["rope.freq_base", f32(config.rope.number("rope_theta"))],
  ];
}

function tensorsOf(config: Config, size: AttentionSize, state: StateSize): TensorRule[] {
  const { embedding, vocabulary } = size;
  const outputFactor = config.number("lm_head_multiplier");
  const embeddingFactor = config.number("embedding_multiplier");
  const shape = [vocabulary, embedding];
  const whole = (...factors: readonly number[]) => [{ rows: vocabulary, factors }];
  // Where both are one, each needs its own multiplier, so that the output becomes a tensor of its own.
  const isShared = config.flag("tie_word_embeddings", false);
  const output = { name: "output.weight", shape, factors: whole(outputFactor) };
  return [
    { name: "token_embd.weight", source: "model.embed_tokens.weight", shape, factors: whole(embeddingFactor) },
    isShared ? { ...output, source: "model.embed_tokens.weight" } : { ...output, source: "lm_head.weight" },
    { name: "output_norm.weight", source: "model.final_layernorm.weight", shape: [embedding] },
    ...Array.from({ length: size.layers }, (_, index) => layerOf(index, config, size, state)).flat(),
  ];
}

function layerOf(index: number, config: Config, size: AttentionSize, state: StateSize): TensorRule[] {
  const source = `model.layers.${index}`;
  const name = `blk.${index}`;
  const matrices: LayerMatrix[] = [
    ...attentionMatrices(size),
    ...feedForwardMatrices("feed_forward", size),
    ["ssm_out", "mamba.out_proj", [size.embedding, state.inner]],
  ];
  const factors = matrixFactors(config);
  return [
    { name: `${name}.attn_norm.weight`, source: `${source}.input_layernorm.weight`, shape: [size.embedding] },
    // Without an ending, as llama.cpp asks for it.
    { name: `${name}.ffn_norm`, source: `${source}.pre_ff_layernorm.weight`, shape: [size.embedding] },
    ...matrices.map(([ours, theirs, shape]) => ({
      name: `${name}.${ours}.weight`,
      source: `${source}.${theirs}.weight`,
      shape,
      factors: [{ rows: shape[0], factors: factors[ours] ?? [] }],
    })),
    ...stateRules(name, `${source}.mamba`, config, size.embedding, state),
  ];
}

/** What each matrix of a layer is multiplied by, one after another. */
function matrixFactors(config: Config): Readonly<Record<string, readonly number[]>> {
  const attention = config.number("attention_in_multiplier");
  const [gate = 1, down = 1] = config.numbers("mlp_multipliers", 2);
  return {
    attn_q: [attention],
    attn_k: [config.number("key_multiplier"), attention],
    attn_v: [attention],
    attn_output: [config.number("attention_out_multiplier")],
    ffn_gate: [gate],
    ffn_down: [down],
    ssm_out: [config.number("ssm_out_multiplier")],
  };
}

function stateRules(
  name: string,
  source: string,
  config: Config,
  embedding: number,
  { inner, state, groups, heads, convolution }: StateSize,
): TensorRule[] {
  const input = config.number("ssm_in_multiplier");
  const parts = config.numbers("ssm_multipliers", 5);
  // Gate, input, B, C and time step.
  const rows = [inner, inner, groups * state, groups * state, heads];
  const convolved = inner + 2 * groups * state;
  return [
    {
      name: `${name}.ssm_in.weight`,
      source: `${source}.in_proj.weight`,
      shape: [inner + convolved + heads, embedding],
      factors: rows.map((count, part) => ({ rows: count, factors: [input, parts[part] ?? 1] })),
    },
    {
      name: `${name}.ssm_conv1d.weight`,
      source: `${source}.conv1d.weight`,
      shape: [convolved, 1, convolution],
      dims: [convolution, convolved],
    },
    { name: `${name}.ssm_conv1d.bias`, source: `${source}.conv1d.bias`, shape: [convolved] },
    { name: `${name}.ssm_dt.bias`, source: `${source}.dt_bias`, shape: [heads] },
    { name: `${name}.ssm_a`, source: `${source}.A_log`, shape: [heads], dims: [1, heads], isLogarithm: true },
    { name: `${name}.ssm_d`, source: `${source}.D`, shape: [heads], dims: [1, heads] },
    {
      name: `${name}.ssm_norm.weight`,
      source: `${source}.norm.weight`,
      shape: [inner],
      dims: [inner / groups, groups],
      isOptional: true,
    },
  ];
}
