// Falcon (2023) and Falcon2: the models with one or eight key-value heads and two linear layers after the attention.

import type { ModelShape } from "../../engine/plan/shape.ts";
import { apache, card, type CatalogueModel, files, gb, noSsm } from "./model.ts";

function shape(layers: number, embedding: number, heads: number, kvHeads: number): ModelShape {
  const headSize = embedding / heads;
  const sizes = { layers, embedding, heads, kvHeads, headSize, ropeSize: headSize };
  return { ...sizes, vocabulary: 65_024, feedForward: 4 * embedding, ssm: noSsm };
}

const common = { family: "Falcon", architecture: "falcon", infill: false, contextLength: 2048 } as const;

const falcon7b = {
  ...common,
  parameters: 7.22e9,
  licence: apache,
  languages: ["en", "fr"],
  shape: shape(32, 4544, 71, 1),
} as const;

const falcon40b = {
  ...common,
  parameters: 41.8e9,
  licence: apache,
  languages: ["en", "de", "es", "fr"],
  shape: shape(60, 8192, 128, 8),
} as const;

const falcon180b = {
  ...common,
  parameters: 180e9,
  licence: { name: "Falcon-180B TII License", link: card("tiiuae/falcon-180B") },
  languages: ["en", "de", "es", "fr"],
  shape: shape(80, 14_848, 232, 8),
} as const;

/** Most blocks of 256 do not divide its 4,544 columns: llama.cpp puts other types in the place of most K-quants. */
const sizesOf7b = {
  Q2_K: gb(4.03),
  Q3_K_M: 4_365_999_040,
  Q4_K_S: gb(4.75),
  Q4_K_M: 4_975_385_792,
};
const olderSizesOf7b = { Q4_0: gb(4.21), Q4_1: 4_643_582_912, Q5_0: gb(5.08), Q5_1: gb(5.51), Q8_0: gb(7.67) };

const filesOf7b = (model: string) => [
  ...files(olderSizesOf7b, (quantization) => `ggml-tiiuae-${model}-${quantization}.gguf`),
  ...files(sizesOf7b, (quantization) => `tiiuae-${model}-${quantization}.gguf`),
];

const sizesOf40b = {
  Q2_K: gb(17.4),
  Q3_K_M: gb(20.1),
  Q4_0: gb(23.8),
  Q4_K_M: gb(25.5),
  Q5_K_M: gb(30.6),
  Q6_K: gb(34.5),
  Q8_0: gb(44.5),
};

export const falconModels: readonly CatalogueModel[] = [
  {
    ...falcon7b,
    id: "falcon-7b",
    name: "Falcon 7B",
    kind: "base",
    purposes: ["complete", "write"],
    repository: "tiiuae/falcon-7b",
    gguf: [{ repository: "maddes8cht/tiiuae-falcon-7b-gguf", files: filesOf7b("falcon-7b") }],
  },
  {
    ...falcon7b,
    id: "falcon-7b-instruct",
    name: "Falcon 7B Instruct",
    kind: "instruct",
    purposes: ["chat", "write"],
    repository: "tiiuae/falcon-7b-instruct",
    gguf: [{ repository: "maddes8cht/tiiuae-falcon-7b-instruct-gguf", files: filesOf7b("falcon-7b-instruct") }],
  },
  {
    ...falcon40b,
    id: "falcon-40b",
    name: "Falcon 40B",
    kind: "base",
    purposes: ["complete", "write"],
    repository: "tiiuae/falcon-40b",
    gguf: [],
  },
  {
    ...falcon40b,
    id: "falcon-40b-instruct",
    name: "Falcon 40B Instruct",
    kind: "instruct",
    purposes: ["chat", "write"],
    repository: "tiiuae/falcon-40b-instruct",
    gguf: [
      {
        repository: "maddes8cht/tiiuae-falcon-40b-instruct-gguf",
        files: files(sizesOf40b, (quantization) => `ggml-tiiuae-falcon-40b-instruct-${quantization}.gguf`),
      },
    ],
  },
  {
    ...falcon180b,
    id: "falcon-180B",
    name: "Falcon 180B",
    kind: "base",
    purposes: ["complete", "write"],
    humanEval: 35.4,
    repository: "tiiuae/falcon-180B",
    gguf: [{ repository: "TheBloke/Falcon-180B-GGUF", files: [] }],
  },
  {
    ...falcon180b,
    id: "falcon-180B-chat",
    name: "Falcon 180B Chat",
    kind: "instruct",
    purposes: ["chat", "write"],
    repository: "tiiuae/falcon-180B-chat",
    gguf: [{ repository: "TheBloke/Falcon-180B-Chat-GGUF", files: [] }],
  },
  {
    ...common,
    id: "falcon-11B",
    name: "Falcon2 11B",
    family: "Falcon2",
    kind: "base",
    parameters: 11.1e9,
    licence: { name: "TII Falcon License 2.0", link: card("tiiuae/falcon-11B") },
    languages: ["en", "cs", "de", "es", "fr", "it", "nl", "pl", "pt", "ro", "sv"],
    // It was trained on 8,192, but its files say 2,048, and the engine goes by the file.
    contextLength: 2048,
    purposes: ["complete", "write"],
    humanEval: 29.59,
    shape: shape(60, 4096, 32, 8),
    repository: "tiiuae/falcon-11B",
    gguf: [
      {
        repository: "LoneStriker/falcon-11B-GGUF",
        files: files(
          { Q3_K_L: undefined, Q4_K_M: undefined, Q5_K_M: undefined, Q6_K: undefined, Q8_0: undefined },
          (quantization) => `falcon-11B-${quantization}.gguf`,
        ),
      },
    ],
  },
  {
    id: "falcon-rw-1b",
    name: "Falcon-RW 1B",
    family: "Falcon",
    kind: "base",
    parameters: 1.31e9,
    licence: apache,
    languages: ["en"],
    contextLength: 2048,
    infill: false,
    purposes: [],
    repository: "tiiuae/falcon-rw-1b",
    gguf: [],
    unusable: "alibi",
  },
];
