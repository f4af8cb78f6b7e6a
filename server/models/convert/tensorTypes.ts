// The types that a model can be converted to, and which of ggml's each of its tensors then has.
// By llama.cpp's src/llama-quant.cpp: what an importance matrix would change, and experts, are left out.

import type { Architecture } from "../../engine/plan/shape.ts";

/** Of ggml's types: their numbers, elements and bytes of a block. */
export const tensorTypes = {
  F32: { number: 0, elements: 1, bytes: 4 },
  F16: { number: 1, elements: 1, bytes: 2 },
  Q4_0: { number: 2, elements: 32, bytes: 18 },
  Q5_0: { number: 6, elements: 32, bytes: 22 },
  Q5_1: { number: 7, elements: 32, bytes: 24 },
  Q8_0: { number: 8, elements: 32, bytes: 34 },
  Q4_K: { number: 12, elements: 256, bytes: 144 },
  Q5_K: { number: 13, elements: 256, bytes: 176 },
  Q6_K: { number: 14, elements: 256, bytes: 210 },
  BF16: { number: 30, elements: 1, bytes: 2 },
} as const;

export type TensorType = keyof typeof tensorTypes;

/** What a user chooses: the type of most tensors, and llama.cpp's number of the mixture (`llama_ftype`). */
export const fileTypes = {
  F32: { number: 0, type: "F32" },
  F16: { number: 1, type: "F16" },
  BF16: { number: 32, type: "BF16" },
  Q8_0: { number: 7, type: "Q8_0" },
  Q6_K: { number: 18, type: "Q6_K" },
  Q5_K_M: { number: 17, type: "Q5_K" },
  Q4_K_M: { number: 15, type: "Q4_K" },
  Q4_0: { number: 2, type: "Q4_0" },
} as const satisfies Record<string, { readonly number: number; readonly type: TensorType }>;

export type FileType = keyof typeof fileTypes;

/** What the choice depends on beside the tensor. */
export interface ChosenFor {
  readonly fileType: FileType;
  readonly architecture: Architecture;
  readonly layers: number;
  /** The output shares the embedding's weights. */
  readonly isTied: boolean;
}

export function chooseType(name: string, dims: readonly number[], model: ChosenFor): TensorType {
  // Vectors, norms and convolutions: what is small, and what llama.cpp computes in 32 bits.
  const isMatrix = dims.length > 1 && name.endsWith(".weight");
  if (!isMatrix || name.endsWith("_norm.weight") || name.includes("ssm_conv1d")) return "F32";
  const { type } = fileTypes[model.fileType];
  if (tensorTypes[type].elements === 1) return type;
  const [width = 0] = dims;
  return fallBack(mix(name, width, type, model), width);
}

/** More bits for what a model's quality depends on most. */
function mix(name: string, width: number, type: TensorType, model: ChosenFor): TensorType {
  if (name === "output.weight" || (name === "token_embd.weight" && model.isTied)) {
    const isWhole = width % tensorTypes[type].elements === 0;
    return model.architecture === "falcon" || !isWhole || type === "Q8_0" ? "Q8_0" : "Q6_K";
  }
  const { fileType } = model;
  if (fileType !== "Q4_K_M" && fileType !== "Q5_K_M") return type;
  const layer = Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? 0);
  if (/\.attn_(v|qkv)\.weight$/.test(name)) return getsMoreBits(layer, model.layers) ? "Q6_K" : type;
  if (!name.endsWith(".ffn_down.weight")) return type;
  return downType(type, layer, model);
}

function downType(type: TensorType, layer: number, { architecture, fileType, layers }: ChosenFor): TensorType {
  const isSensitive = getsMoreBits(layer, layers);
  if (architecture !== "falcon" || fileType === "Q5_K_M") return isSensitive ? "Q6_K" : type;
  if (layer < Math.floor(layers / 16)) return "Q6_K";
  return isSensitive ? "Q5_K" : type;
}

/** The first and the last eighth of the layers, and every third one between them. */
function getsMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** What a type becomes whose blocks do not fill the rows. */
const smaller: Partial<Record<TensorType, TensorType>> = { Q4_K: "Q5_0", Q5_K: "Q5_1", Q6_K: "Q8_0" };

function fallBack(type: TensorType, width: number): TensorType {
  const types = [type, smaller[type] ?? type];
  return types.find((each) => width % tensorTypes[each].elements === 0) ?? "F16";
}
