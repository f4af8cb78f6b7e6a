// Falcon3. Names and layout by llama.cpp's src/models/llama.cpp and conversion/llama.py.

import { f32, type GgufKey, u32 } from "../ggufWriter.ts";
import type { Config } from "../original/config.ts";
import type { TensorRule } from "../tensorRule.ts";
import {
  attentionMatrices,
  type AttentionSize,
  attentionSize,
  feedForwardMatrices,
  interleavedRows,
  outputRules,
} from "./attention.ts";
import type { ModelPlan } from "./modelPlan.ts";

export function planFalcon3(config: Config): ModelPlan {
  const size = attentionSize(config);
  // Factors of the frequencies, as Llama 3 has them, no Falcon has.
  const rope = config.rope;
  const kind = rope.text("rope_type") ?? rope.text("type") ?? "default";
  if (kind !== "default") throw rope.fault("rope_type");
  return {
    architecture: "llama",
    layers: size.layers,
    vocabulary: size.vocabulary,
    keys: keysOf(config, size),
    tensors: tensorsOf(size),
  };
}

function keysOf(config: Config, size: AttentionSize): GgufKey[] {
  return [
    ["block_count", u32(size.layers)],
    ["context_length", u32(config.integer("max_position_embeddings"))],
    ["embedding_length", u32(size.embedding)],
    ["feed_forward_length", u32(size.feedForward)],
    ["attention.head_count", u32(size.heads)],
    ["attention.head_count_kv", u32(size.kvHeads)],
    ["rope.freq_base", f32(config.rope.number("rope_theta"))],
    ["attention.layer_norm_rms_epsilon", f32(config.number("rms_norm_eps"))],
    ["attention.key_length", u32(size.headSize)],
    ["attention.value_length", u32(size.headSize)],
    ["vocab_size", u32(size.vocabulary)],
    ["rope.dimension_count", u32(size.headSize)],
  ];
}

function tensorsOf(size: AttentionSize): TensorRule[] {
  const matrices = [...attentionMatrices(size), ...feedForwardMatrices("mlp", size)];
  const rows = new Map([
    ["attn_q", interleavedRows(size.heads, size.headSize)],
    ["attn_k", interleavedRows(size.kvHeads, size.headSize)],
  ]);
  const layer = (index: number): TensorRule[] => {
    const source = `model.layers.${index}`;
    const norm = (ours: string, theirs: string) => ({
      name: `blk.${index}.${ours}.weight`,
      source: `${source}.${theirs}.weight`,
      shape: [size.embedding],
    });
    return [
      norm("attn_norm", "input_layernorm"),
      norm("ffn_norm", "post_attention_layernorm"),
      ...matrices.map(([name, theirs, shape]) => {
        const order = rows.get(name);
        return {
          name: `blk.${index}.${name}.weight`,
          source: `${source}.${theirs}.weight`,
          shape,
          ...(order && { rows: order }),
        };
      }),
    ];
  };
  return [
    ...outputRules(size),
    { name: "output_norm.weight", source: "model.norm.weight", shape: [size.embedding] },
    ...Array.from({ length: size.layers }, (_, index) => layer(index)).flat(),
  ];
}
