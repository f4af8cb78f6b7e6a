// Holds a GGUF header against what its architecture needs. What llama.cpp would answer by ending the process, a hang or
// a wrong read is rejected here.

import { GgufError } from "./byteReader.ts";
import type { GgufHeader } from "./gguf.ts";

/** The architectures of TII's models: Falcon and Falcon2, Falcon-H1, Falcon3, Falcon-Mamba. */
export const architectures = ["falcon", "falcon-h1", "llama", "mamba"] as const;

export type Architecture = (typeof architectures)[number];

/** What `rope.scaling.type` may be; llama.cpp ends the process at any other. */
const ropeScalings = ["none", "linear", "yarn", "longrope"];

/** What some keys may be, where they are there; llama.cpp ends the process at other numbers, or computes nothing of use. */
const bounds: Readonly<Record<string, readonly [least: number, most: number]>> = {
  expert_count: [0, 0],
  nextn_predict_layers: [0, 0],
  feed_forward_length: [0, 2 ** 20],
  "attention.key_length": [1, 65_536],
  "attention.value_length": [1, 65_536],
  "attention.layer_norm_epsilon": [0, 1],
  "attention.layer_norm_rms_epsilon": [0, 1],
  "rope.dimension_count": [1, 65_536],
  // Falcon-H1's is 1e11.
  "rope.freq_base": [1, 1e15],
  "rope.scaling.factor": [0, 1e6],
  "ssm.conv_kernel": [1, 256],
  "ssm.inner_size": [1, 2 ** 20],
  "ssm.state_size": [1, 2 ** 20],
  "ssm.time_step_rank": [1, 2 ** 20],
  "ssm.group_count": [1, 2 ** 20],
};

const attention = ["attn_norm.weight", "attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"];
const feedForward = ["ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"];
const ssm = ["ssm_in.weight", "ssm_conv1d.weight", "ssm_dt.bias", "ssm_a", "ssm_d", "ssm_out.weight"];

/** Tensors that each layer needs, by architecture: https://github.com/ggml-org/llama.cpp/tree/master/src/models */
const layerTensors: Readonly<Record<Architecture, readonly string[]>> = {
  falcon: [
    "attn_norm.weight",
    "attn_norm.bias",
    "attn_qkv.weight",
    "attn_output.weight",
    "ffn_up.weight",
    "ffn_down.weight",
  ],
  llama: [...attention, "ffn_norm.weight", ...feedForward],
  // Its ffn_norm has no ending.
  "falcon-h1": [...attention, ...ssm, "ffn_norm", ...feedForward],
  mamba: ["attn_norm.weight", ...ssm, "ssm_conv1d.bias", "ssm_x.weight", "ssm_dt.weight"],
};

/** @throws GgufError that names the place */
export function checkModel(header: GgufHeader, architecture: Architecture): void {
  const { layers, embedding } = checkKeys(header, architecture);
  checkVocabulary(header);
  checkTensors(header, architecture, { layers, embedding });
}

function checkKeys(header: GgufHeader, architecture: Architecture): { layers: number; embedding: number } {
  const integer = (key: string, least: number, most: number): number => {
    const value = header.scalars.get(`${architecture}.${key}`);
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new GgufError(`${architecture}.${key} is ${value ?? "missing"}`);
  };
  integer("context_length", 1, 2 ** 22);
  if (architecture !== "mamba") {
    const heads = integer("attention.head_count", 1, 1024);
    if (header.scalars.has(`${architecture}.attention.head_count_kv`)) integer("attention.head_count_kv", 1, heads);
  }
  for (const [key, [least, most]] of Object.entries(bounds)) {
    const value = header.scalars.get(`${architecture}.${key}`);
    if (value === undefined || (typeof value === "number" && value >= least && value <= most)) continue;
    throw new GgufError(`${architecture}.${key} is ${value}`);
  }
  const scaling = header.scalars.get(`${architecture}.rope.scaling.type`) ?? "none";
  if (!ropeScalings.includes(String(scaling))) throw new GgufError(`${architecture}.rope.scaling.type is ${scaling}`);
  return { layers: integer("block_count", 1, 512), embedding: integer("embedding_length", 1, 65_536) };
}

function checkVocabulary({ tokens, arrays, scalars }: GgufHeader): void {
  if (tokens.length === 0) throw new GgufError("tokenizer.ggml.tokens is missing");
  if (new Set(tokens).size < tokens.length) throw new GgufError("tokenizer.ggml.tokens holds a token twice");
  const types = arrays.get("tokenizer.ggml.token_type");
  if (types !== undefined && types !== tokens.length) {
    throw new GgufError(`tokenizer.ggml.token_type has ${types} entries for ${tokens.length} tokens`);
  }
  for (const [key, id] of scalars) {
    const isId = key.startsWith("tokenizer.ggml.") && key.endsWith("_token_id");
    // llama.cpp takes the largest 32-bit number for no token.
    if (isId && (typeof id !== "number" || (id >= tokens.length && id !== 0xffff_ffff))) {
      throw new GgufError(`${key} is ${id}, with ${tokens.length} tokens`);
    }
  }
}

function checkTensors(
  { tensors, tokens }: GgufHeader,
  architecture: Architecture,
  { layers, embedding }: { layers: number; embedding: number },
): void {
  const shape = tensors.get("token_embd.weight")?.dims.join("×") ?? "of nothing";
  const expected = `${embedding}×${tokens.length}`;
  if (shape !== expected) throw new GgufError(`token_embd.weight has the shape ${shape}, not ${expected}`);
  for (let layer = 0; layer < layers; layer++) {
    const missing = layerTensors[architecture].find((name) => !tensors.has(`blk.${layer}.${name}`));
    if (missing) throw new GgufError(`the tensor blk.${layer}.${missing} is missing`);
  }
}
