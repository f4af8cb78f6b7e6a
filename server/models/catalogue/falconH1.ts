// Falcon-H1 and Falcon-H1R: attention and a state space side by side in every layer.

import type { ModelShape } from "../../engine/plan/shape.ts";
import { type CatalogueModel, falconLlm, files, gb, gib, languagesOfH1 } from "./model.ts";

interface Size {
  readonly size: string;
  readonly parameters: number;
  readonly context: number;
  /** Where the base model was trained on less. */
  readonly baseContext?: number;
  readonly languages?: readonly string[];
  readonly humanEval: { readonly base: number; readonly instruct: number };
  readonly shape: ModelShape;
  readonly q4KM: number;
  readonly bf16?: number;
}

/** @param ssm heads of the state space, numbers in each, and of its state */
export function hybridShape(
  sizes: Pick<ModelShape, "layers" | "embedding" | "heads" | "kvHeads" | "headSize" | "feedForward" | "vocabulary">,
  [rank, perHead, state]: readonly [number, number, number],
  groups = 1,
): ModelShape {
  return { ...sizes, ropeSize: sizes.headSize, ssm: { convolution: 4, inner: rank * perHead, state, rank, groups } };
}

// The sizes that https://huggingface.co/docs/transformers/model_doc/falcon_h1 lists; vocabulary, feed forward and groups as in
// NVIDIA-NeMo/Megatron-Bridge, falconh1_provider.py. That has none of the 1.5B and the 3B: with the vocabulary of the 1.5B-Deep,
// their feed forward follows from the size of their files.
const shape7b = hybridShape(
  { layers: 44, embedding: 3072, heads: 12, kvHeads: 2, headSize: 128, feedForward: 12_288, vocabulary: 130_049 },
  [24, 128, 256],
);

const sizes: readonly Size[] = [
  {
    size: "0.5B",
    parameters: 0.521e9,
    context: 16_384,
    baseContext: 4096,
    languages: ["en"],
    humanEval: { base: 35.98, instruct: 51.83 },
    shape: hybridShape(
      { layers: 36, embedding: 1024, heads: 8, kvHeads: 2, headSize: 64, feedForward: 2048, vocabulary: 32_784 },
      [24, 64, 128],
    ),
    q4KM: 314_806_560,
  },
  {
    size: "1.5B",
    parameters: 1.55e9,
    context: 131_072,
    humanEval: { base: 50, instruct: 68.29 },
    shape: hybridShape(
      { layers: 24, embedding: 2048, heads: 8, kvHeads: 2, headSize: 128, feedForward: 4608, vocabulary: 65_537 },
      [48, 64, 256],
    ),
    q4KM: gib(0.8774),
  },
  {
    size: "1.5B-Deep",
    parameters: 1.55e9,
    context: 131_072,
    humanEval: { base: 52.44, instruct: 73.78 },
    shape: hybridShape(
      { layers: 66, embedding: 1280, heads: 6, kvHeads: 2, headSize: 128, feedForward: 3072, vocabulary: 65_537 },
      [24, 64, 256],
    ),
    q4KM: gb(0.94),
  },
  {
    size: "3B",
    parameters: 3.15e9,
    context: 131_072,
    humanEval: { base: 59.15, instruct: 76.83 },
    shape: hybridShape(
      { layers: 32, embedding: 2560, heads: 10, kvHeads: 2, headSize: 128, feedForward: 6144, vocabulary: 65_537 },
      [32, 128, 256],
    ),
    q4KM: gb(1.89),
  },
  {
    size: "7B",
    parameters: 7.59e9,
    context: 262_144,
    humanEval: { base: 67.68, instruct: 86.59 },
    shape: shape7b,
    q4KM: 4_598_344_960,
    bf16: 15_182_220_635,
  },
  {
    size: "34B",
    parameters: 33.6e9,
    context: 262_144,
    humanEval: { base: 70.12, instruct: 87.2 },
    shape: hybridShape(
      { layers: 72, embedding: 5120, heads: 20, kvHeads: 4, headSize: 128, feedForward: 21_504, vocabulary: 261_120 },
      [32, 128, 256],
      2,
    ),
    q4KM: gib(18.9),
  },
];

const common = { family: "Falcon-H1", architecture: "falcon-h1", infill: false, licence: falconLlm } as const;

const bySize = sizes.flatMap(
  ({
    size,
    context,
    baseContext = context,
    languages,
    humanEval,
    parameters,
    shape,
    q4KM,
    bf16,
  }): readonly CatalogueModel[] => {
    const sized = {
      ...common,
      parameters,
      languages: languages ?? languagesOfH1,
      contextLength: context,
      shape,
    };
    const spaced = size.replace("-", " ");
    return [
      {
        ...sized,
        id: `Falcon-H1-${size}-Base`,
        name: `Falcon-H1 ${spaced} Base`,
        kind: "base",
        contextLength: baseContext,
        purposes: ["complete", "write"],
        humanEval: humanEval.base,
        repository: `tiiuae/Falcon-H1-${size}-Base`,
        gguf: [],
      },
      {
        ...sized,
        id: `Falcon-H1-${size}-Instruct`,
        name: `Falcon-H1 ${spaced} Instruct`,
        kind: "instruct",
        purposes: ["complete", "chat", "write", "tools"],
        humanEval: humanEval.instruct,
        repository: `tiiuae/Falcon-H1-${size}-Instruct`,
        gguf: [
          {
            repository: `tiiuae/Falcon-H1-${size}-Instruct-GGUF`,
            files: files(
              { Q4_0: undefined, Q4_K_M: q4KM, Q5_K: undefined, Q8_0: undefined, IQ4_XS: undefined, BF16: bf16 },
              (quantization) => `Falcon-H1-${size}-Instruct-${quantization}.gguf`,
            ),
          },
        ],
      },
    ];
  },
);

export const falconH1Models: readonly CatalogueModel[] = [
  ...bySize,
  {
    ...common,
    id: "Falcon-H1R-7B",
    name: "Falcon-H1R 7B",
    kind: "instruct",
    parameters: 7_585_648_736,
    languages: [],
    contextLength: 262_144,
    // It thinks before it answers: too long for ghost text.
    purposes: ["chat"],
    shape: shape7b,
    repository: "tiiuae/Falcon-H1R-7B",
    gguf: [
      {
        repository: "tiiuae/Falcon-H1R-7B-GGUF",
        files: files({ Q8_0: 8_069_003_296 }, (quantization) => `Falcon-H1R-7B-${quantization}.gguf`),
      },
    ],
  },
];
