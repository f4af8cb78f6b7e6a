// The types of tensors that a file may have, and what those are that llama.cpp has no name for.

import * as l10n from "@vscode/l10n";

/** Name of each type, and elements and bytes of its blocks: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h */
const blocks = new Map<number, readonly [name: string, elements: number, bytes: number]>([
  [0, ["F32", 1, 4]],
  [1, ["F16", 1, 2]],
  [2, ["Q4_0", 32, 18]],
  [3, ["Q4_1", 32, 20]],
  [6, ["Q5_0", 32, 22]],
  [7, ["Q5_1", 32, 24]],
  [8, ["Q8_0", 32, 34]],
  [9, ["Q8_1", 32, 36]],
  [10, ["Q2_K", 256, 84]],
  [11, ["Q3_K", 256, 110]],
  [12, ["Q4_K", 256, 144]],
  [13, ["Q5_K", 256, 176]],
  [14, ["Q6_K", 256, 210]],
  [15, ["Q8_K", 256, 292]],
  [16, ["IQ2_XXS", 256, 66]],
  [17, ["IQ2_XS", 256, 74]],
  [18, ["IQ3_XXS", 256, 98]],
  [19, ["IQ1_S", 256, 50]],
  [20, ["IQ4_NL", 32, 18]],
  [21, ["IQ3_S", 256, 110]],
  [22, ["IQ2_S", 256, 82]],
  [23, ["IQ4_XS", 256, 136]],
  [24, ["I8", 1, 1]],
  [25, ["I16", 1, 2]],
  [26, ["I32", 1, 4]],
  [27, ["I64", 1, 8]],
  [28, ["F64", 1, 8]],
  [29, ["IQ1_M", 256, 56]],
  [30, ["BF16", 1, 2]],
  [34, ["TQ1_0", 256, 54]],
  [35, ["TQ2_0", 256, 66]],
  [39, ["MXFP4", 32, 17]],
  [40, ["NVFP4", 64, 36]],
  [41, ["Q1_0", 128, 18]],
  [42, ["Q2_0", 64, 18]],
]);

/** What ggml calls a tensor type, such as Q4_K. */
export function tensorTypeName(type: number): string {
  return blocks.get(type)?.[0] ?? String(type);
}

/** Bytes of a tensor of this shape; undefined where its rows are no whole blocks, or where the type is unknown. */
export function tensorBytes(type: number, dims: readonly number[]): number | undefined {
  const [, elements = 0, bytes = 0] = blocks.get(type) ?? [];
  const [width = 0] = dims;
  if (dims.includes(0) || width % elements !== 0) return undefined;
  return (dims.reduce((product, dim) => product * dim, 1) / elements) * bytes;
}

/** Why a type is none that llama.cpp reads; undefined where it reads it. */
export function unknownTypeCause(type: number): string | undefined {
  if (blocks.has(type)) return undefined;
  // ggml had 4, 5, 31 to 33 and 37, 38 before it dropped them; microsoft/BitNet took 36 for its own.
  if (type === 36) {
    return l10n.t(
      "its weights are of the type i2_s of the 1.58-bit models (Falcon-E, Falcon3 1.58bit), which only bitnet.cpp reads; download a Falcon3 or Falcon-H1 file in Q4_K_M or Q8_0 instead",
    );
  }
  if ([4, 5, 31, 32, 33, 37, 38].includes(type)) {
    return l10n.t(
      "its weights are of the type {0}, which llama.cpp no longer reads; download a newer file of the same model",
      String(type),
    );
  }
  return l10n.t(
    "its weights are of the type {0}, which this version does not know; download the model in Q4_K_M, Q8_0 or F16",
    String(type),
  );
}
