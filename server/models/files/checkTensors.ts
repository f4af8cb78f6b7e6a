// Holds a model's tensors against the shapes and types that its architecture takes.

import * as l10n from "@vscode/l10n";

import { GgufError } from "./byteReader.ts";
import type { Architecture, ModelShape } from "../../engine/plan/shape.ts";
import type { GgufHeader, GgufTensor } from "./gguf.ts";
import { layerShapes, modelShapes, type Shapes } from "./tensorShapes.ts";
import { tensorTypeName } from "./tensorTypes.ts";

/** @throws GgufError that names the tensor */
export function checkTensors(tensors: GgufHeader["tensors"], architecture: Architecture, shape: ModelShape): void {
  checkShapes(tensors, "", modelShapes(architecture, shape));
  for (let layer = 0; layer < shape.layers; layer++) {
    const block = `blk.${layer}.`;
    const isJoined = tensors.has(`${block}attn_qkv.weight`);
    checkShapes(tensors, block, layerShapes(architecture, shape, isJoined));
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
