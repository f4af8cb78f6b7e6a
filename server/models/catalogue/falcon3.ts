// Falcon3: models of the architecture of Llama.

import type { ModelShape } from "../../engine/plan/shape.ts";
import { type CatalogueModel, falconLlm2, files, gb, gib, noSsm } from "./model.ts";

/** What differs from size to size; the files are those of TII's own repository. */
interface Size {
  readonly size: string;
  readonly parameters: number;
  readonly context: { readonly base: number; readonly instruct: number };
  readonly humanEval: { readonly base: number; readonly instruct: number };
  readonly shape: ModelShape;
  readonly q4KM: number;
  readonly q8?: number;
}

function shape(layers: number, embedding: number, heads: number, feedForward: number): ModelShape {
  const sizes = { layers, embedding, heads, feedForward, kvHeads: 4, headSize: 256, ropeSize: 256 };
  return { ...sizes, vocabulary: 131_072, ssm: noSsm };
}

const long = { base: 32_768, instruct: 32_768 };

const sizes: readonly Size[] = [
  {
    size: "1B",
    parameters: 1.67e9,
    context: { base: 4096, instruct: 8192 },
    humanEval: { base: 10.37, instruct: 22.56 },
    shape: shape(18, 2048, 8, 8192),
    q4KM: gb(1.06),
    q8: gb(1.78),
  },
  {
    size: "3B",
    parameters: 3.23e9,
    context: long,
    humanEval: { base: 36.59, instruct: 52.44 },
    shape: shape(22, 3072, 12, 9216),
    q4KM: gib(1.87),
  },
  {
    size: "7B",
    parameters: 7.46e9,
    context: long,
    humanEval: { base: 50, instruct: 71.95 },
    shape: shape(28, 3072, 12, 23_040),
    q4KM: gib(4.26),
  },
  {
    size: "10B",
    parameters: 10.3e9,
    context: long,
    humanEval: { base: 51.83, instruct: 82.32 },
    shape: shape(40, 3072, 12, 23_040),
    q4KM: gib(5.86),
    q8: gib(10.2),
  },
];

const common = {
  family: "Falcon3",
  architecture: "llama",
  infill: false,
  licence: falconLlm2,
  languages: ["en", "es", "fr", "pt"],
} as const;

export const falcon3Models: readonly CatalogueModel[] = sizes.flatMap(
  ({ size, parameters, context, humanEval, shape, q4KM, q8 }): readonly CatalogueModel[] => [
    {
      ...common,
      id: `Falcon3-${size}-Base`,
      name: `Falcon3 ${size} Base`,
      kind: "base",
      parameters,
      contextLength: context.base,
      purposes: ["complete", "write"],
      humanEval: humanEval.base,
      shape,
      repository: `tiiuae/Falcon3-${size}-Base`,
      gguf: [],
    },
    {
      ...common,
      id: `Falcon3-${size}-Instruct`,
      name: `Falcon3 ${size} Instruct`,
      kind: "instruct",
      parameters,
      contextLength: context.instruct,
      purposes: ["complete", "chat", "write", "tools"],
      humanEval: humanEval.instruct,
      shape,
      repository: `tiiuae/Falcon3-${size}-Instruct`,
      gguf: [
        {
          repository: `tiiuae/Falcon3-${size}-Instruct-GGUF`,
          files: files(
            { Q4_0: undefined, Q4_K_M: q4KM, Q5_K_M: undefined, Q8_0: q8 },
            (quantization) => `Falcon3-${size}-Instruct-${quantization.toLowerCase()}.gguf`,
          ),
        },
      ],
    },
  ],
);
