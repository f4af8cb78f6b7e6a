// Falcon-7B, 40B, 180B and Falcon2-11B. Names and layout by llama.cpp's src/models/falcon.cpp and conversion/falcon.py.

import * as l10n from "@vscode/l10n";

import { ConversionError } from "../conversionError.ts";
import { f32, type GgufKey, string, u32 } from "../ggufWriter.ts";
import type { Config } from "../original/config.ts";
import type { TensorRule } from "../tensorRule.ts";
import type { ModelPlan } from "./modelPlan.ts";

export function planFalcon(config: Config): ModelPlan {
  checkFamily(config);
  const embedding = config.integer("hidden_size");
  const heads = config.integer("num_attention_heads", "n_head");
  if (embedding % heads !== 0) throw config.fault("num_attention_heads", "n_head");
  const kvHeads = kvHeadsOf(config, heads);
  if (heads % kvHeads !== 0) throw config.fault("num_kv_heads", "n_head_kv");
  const size = {
    layers: config.layers("num_hidden_layers", "n_layer"),
    embedding,
    heads,
    kvHeads,
    feedForward: config.has("ffn_hidden_size") ? config.integer("ffn_hidden_size") : 4 * embedding,
    vocabulary: config.integer("vocab_size"),
  };
  return {
    architecture: "falcon",
    layers: size.layers,
    vocabulary: size.vocabulary,
    keys: keysOf(config, size),
    tensors: tensorsOf(size, hasTwoNorms(config)),
  };
}

interface FalconSize {
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
}

/** llama.cpp runs neither Falcon-RW's positions nor its layers one behind another. */
function checkFamily(config: Config): void {
  if (config.flag("alibi", false) || config.flag("bias", false) || !config.flag("parallel_attn", true)) {
    throw new ConversionError(l10n.t("it is a Falcon-RW model, which llama.cpp does not run: choose another Falcon"));
  }
}

/** Older files do not name Falcon-40B's layers otherwise than by its groups of heads. */
function isGrouped(config: Config): boolean {
  return config.flag("new_decoder_architecture", config.has("n_head_kv"));
}

function kvHeadsOf(config: Config, heads: number): number {
  if (isGrouped(config)) return config.integer("num_kv_heads", "n_head_kv");
  return config.flag("multi_query", true) ? 1 : heads;
}

/** Falcon-40B and 180B norm the inputs of attention and feed-forward network each for itself. */
function hasTwoNorms(config: Config): boolean {
  return (
    isGrouped(config) && (!config.has("num_ln_in_parallel_attn") || config.integer("num_ln_in_parallel_attn") === 2)
  );
}

function keysOf(config: Config, { embedding, feedForward, layers, heads, kvHeads }: FalconSize): GgufKey[] {
  // llama.cpp's converter writes 2,048 and no base for every model, which are not Falcon2-11B's.
  const ropeBase = config.rope.has("rope_theta") ? config.rope.number("rope_theta") : 10_000;
  return [
    ["context_length", u32(config.has("max_position_embeddings") ? config.integer("max_position_embeddings") : 2048)],
    ["tensor_data_layout", string("jploski")],
    ["embedding_length", u32(embedding)],
    ["feed_forward_length", u32(feedForward)],
    ["block_count", u32(layers)],
    ["attention.head_count", u32(heads)],
    ["attention.head_count_kv", u32(kvHeads)],
    ["attention.layer_norm_epsilon", f32(config.number("layer_norm_epsilon"))],
    ...(ropeBase === 10_000 ? [] : [["rope.freq_base", f32(ropeBase)] satisfies GgufKey]),
  ];
}

function tensorsOf(size: FalconSize, twoNorms: boolean): TensorRule[] {
  const { embedding, vocabulary, feedForward, heads, kvHeads } = size;
  const head = embedding / heads;
  const layer = (index: number): TensorRule[] => {
    const source = `transformer.h.${index}`;
    const name = `blk.${index}`;
    const norm = (ours: string, theirs: string) => normRules(`${name}.${ours}`, `${source}.${theirs}`, embedding);
    return [
      ...(twoNorms
        ? [...norm("attn_norm", "ln_mlp"), ...norm("attn_norm_2", "ln_attn")]
        : norm("attn_norm", "input_layernorm")),
      {
        name: `${name}.attn_qkv.weight`,
        source: `${source}.self_attention.query_key_value.weight`,
        shape: [embedding + 2 * kvHeads * head, embedding],
        rows: ungroupedRows(heads, kvHeads, head),
      },
      {
        name: `${name}.attn_output.weight`,
        source: `${source}.self_attention.dense.weight`,
        shape: [embedding, embedding],
      },
      { name: `${name}.ffn_up.weight`, source: `${source}.mlp.dense_h_to_4h.weight`, shape: [feedForward, embedding] },
      {
        name: `${name}.ffn_down.weight`,
        source: `${source}.mlp.dense_4h_to_h.weight`,
        shape: [embedding, feedForward],
      },
    ];
  };
  return [
    { name: "token_embd.weight", source: "transformer.word_embeddings.weight", shape: [vocabulary, embedding] },
    ...Array.from({ length: size.layers }, (_, index) => layer(index)).flat(),
    ...normRules("output_norm", "transformer.ln_f", embedding),
    { name: "output.weight", source: "lm_head.weight", shape: [vocabulary, embedding], isOptional: true },
  ];
}

function normRules(name: string, source: string, size: number): TensorRule[] {
  return ["weight", "bias"].map((part) => ({ name: `${name}.${part}`, source: `${source}.${part}`, shape: [size] }));
}

/** From groups of query heads, each with its key and its value, to all queries, all keys, all values. */
function ungroupedRows(heads: number, kvHeads: number, head: number): Uint32Array {
  const queries = heads / kvHeads;
  const startOf = (index: number) => {
    if (index < heads) return Math.floor(index / queries) * (queries + 2) + (index % queries);
    const [part, group] = [Math.floor((index - heads) / kvHeads), (index - heads) % kvHeads];
    return group * (queries + 2) + queries + part;
  };
  return Uint32Array.from(
    { length: (heads + 2 * kvHeads) * head },
    (_, row) => startOf(Math.floor(row / head)) * head + (row % head),
  );
}
