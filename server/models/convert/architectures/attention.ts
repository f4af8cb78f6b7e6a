// What the later families have alike: attention with separate matrices, and a gated feed-forward network.

import { type Config, largestSize } from "../original/config.ts";
import type { TensorRule } from "../tensorRule.ts";

export interface AttentionSize {
  readonly layers: number;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

export function attentionSize(config: Config): AttentionSize {
  const embedding = config.integer("hidden_size");
  const heads = config.integer("num_attention_heads");
  const kvHeads = config.has("num_key_value_heads") ? config.integer("num_key_value_heads") : heads;
  if (heads % kvHeads !== 0) throw config.fault("num_key_value_heads");
  const headSize = config.has("head_dim") ? config.integer("head_dim") : Math.floor(embedding / heads);
  if (headSize < 2 || headSize % 2 !== 0 || heads * headSize > largestSize) throw config.fault("head_dim");
  return {
    layers: config.layers("num_hidden_layers"),
    vocabulary: config.integer("vocab_size"),
    embedding,
    feedForward: config.integer("intermediate_size"),
    heads,
    kvHeads,
    headSize,
  };
}

/** A matrix of a layer: the names in GGUF and in the original, and the original's shape. */
export type LayerMatrix = readonly [name: string, source: string, shape: readonly [number, number]];

export function attentionMatrices({ embedding, heads, kvHeads, headSize }: AttentionSize): LayerMatrix[] {
  return [
    ["attn_q", "self_attn.q_proj", [heads * headSize, embedding]],
    ["attn_k", "self_attn.k_proj", [kvHeads * headSize, embedding]],
    ["attn_v", "self_attn.v_proj", [kvHeads * headSize, embedding]],
    ["attn_output", "self_attn.o_proj", [embedding, heads * headSize]],
  ];
}

export function feedForwardMatrices(source: string, { embedding, feedForward }: AttentionSize): LayerMatrix[] {
  return [
    ["ffn_gate", `${source}.gate_proj`, [feedForward, embedding]],
    ["ffn_up", `${source}.up_proj`, [feedForward, embedding]],
    ["ffn_down", `${source}.down_proj`, [embedding, feedForward]],
  ];
}

/** Rotary pairs as neighbours, where Transformers has them half a head apart. */
export function interleavedRows(heads: number, headSize: number): Uint32Array {
  const half = headSize / 2;
  return Uint32Array.from({ length: heads * headSize }, (_, row) => {
    const place = row % headSize;
    return row - place + Math.floor(place / 2) + (place % 2) * half;
  });
}

export function outputRules({ vocabulary, embedding }: AttentionSize): TensorRule[] {
  const shape = [vocabulary, embedding];
  return [
    { name: "token_embd.weight", source: "model.embed_tokens.weight", shape },
    { name: "output.weight", source: "lm_head.weight", shape, isOptional: true },
  ];
}
