// Falcon-Mamba: a state space in the place of attention.

import type { ModelShape } from "../../engine/plan/shape.ts";
import { card, type CatalogueModel, falconLlm2, files, gb } from "./model.ts";

const shape: ModelShape = {
  layers: 64,
  embedding: 4096,
  vocabulary: 65_024,
  ...{ feedForward: 0, heads: 0, kvHeads: 0, headSize: 0, ropeSize: 0 },
  ssm: { convolution: 4, inner: 8192, state: 16, rank: 256, groups: 0 },
};

const common = {
  family: "Falcon-Mamba",
  architecture: "mamba",
  parameters: 7.27e9,
  languages: ["en"],
  infill: false,
  shape,
} as const;

const licence = { name: "Falcon-Mamba License", link: card("tiiuae/falcon-mamba-7b") };

export const falconMambaModels: readonly CatalogueModel[] = [
  {
    ...common,
    id: "falcon-mamba-7b",
    name: "Falcon-Mamba 7B",
    kind: "base",
    licence,
    purposes: ["complete", "write"],
    repository: "tiiuae/falcon-mamba-7b",
    gguf: [],
  },
  {
    ...common,
    id: "falcon-mamba-7b-instruct",
    name: "Falcon-Mamba 7B Instruct",
    kind: "instruct",
    licence,
    purposes: ["chat", "write"],
    repository: "tiiuae/falcon-mamba-7b-instruct",
    gguf: [
      {
        repository: "tiiuae/falcon-mamba-7b-instruct-Q4_K_M-GGUF",
        // With a capital B, other than the repository.
        files: files({ Q4_K_M: gb(4.2) }, (quantization) => `falcon-mamba-7B-instruct-${quantization}.gguf`),
      },
    ],
  },
  {
    ...common,
    id: "Falcon3-Mamba-7B-Base",
    name: "Falcon3-Mamba 7B Base",
    kind: "base",
    licence: falconLlm2,
    contextLength: 32_768,
    purposes: ["complete", "write"],
    repository: "tiiuae/Falcon3-Mamba-7B-Base",
    gguf: [],
  },
  {
    ...common,
    id: "Falcon3-Mamba-7B-Instruct",
    name: "Falcon3-Mamba 7B Instruct",
    kind: "instruct",
    licence: falconLlm2,
    contextLength: 32_768,
    purposes: ["chat", "write"],
    repository: "tiiuae/Falcon3-Mamba-7B-Instruct",
    gguf: [{ repository: "tiiuae/Falcon3-Mamba-7B-Instruct-GGUF", files: [] }],
  },
];
