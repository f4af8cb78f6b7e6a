// How many bytes of weights a model has, and where: by the tensors of a file, or by a shape and a quantization before there is
// a file.

import type { CatalogueModel } from "../catalogue/model.ts";
import type { ModelShape, Weights } from "../../engine/plan/shape.ts";
import { addUp } from "../../engine/plan/weights.ts";
import type { GgufHeader } from "../files/gguf.ts";
import { usualTensors } from "../files/tensorShapes.ts";
import { tensorBytes } from "../files/tensorTypes.ts";

/** Bytes of a model's weights as they lie in its file. */
export function weightsOf({ tensors }: Pick<GgufHeader, "tensors">, shape: ModelShape): Weights {
  return addUp(
    [...tensors].map(([name, { dims, type }]) => [name, tensorBytes(type, dims) ?? 0]),
    shape.layers,
  );
}

/**
 * Bits of a weight in the mean of a file; the mixtures of types differ a little from model to model, by what is published of
 * Falcon's files.
 */
const meanBits: Readonly<Record<string, number>> = {
  ...{ Q2_K: 3.3, Q3_K_S: 3.6, Q3_K_M: 3.95, Q3_K_L: 4.25, IQ4_XS: 4.4, Q4_0: 4.6, Q4_1: 5.1, Q4_K_S: 4.65 },
  ...{ Q4_K_M: 4.88, Q5_0: 5.6, Q5_1: 6, Q5_K: 5.7, Q5_K_M: 5.7, Q6_K: 6.6, Q8_0: 8.5, F16: 16, BF16: 16, F32: 32 },
};

/**
 * Bytes of the weights of a model that is not there yet: as many as its file has, or else as its quantization makes likely.
 * Undefined where neither is known.
 */
export function plannedWeights(
  { architecture, shape, tied = false }: Pick<CatalogueModel, "architecture" | "shape" | "tied">,
  quantization: string,
  size?: number,
): Weights | undefined {
  if (!architecture || !shape) return undefined;
  const counts = [...usualTensors(architecture, shape, tied)].map(
    ([name, dims]) => [name, dims.reduce((product, dim) => product * dim, 1)] as const,
  );
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const bits = meanBits[quantization];
  const bytes = size === undefined ? bits && bits / 8 : size / all;
  if (bytes === undefined) return undefined;
  return addUp(
    counts.map(([name, count]) => [name, count * bytes]),
    shape.layers,
  );
}
