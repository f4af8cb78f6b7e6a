// Falcon-E: models of three weights, in files that only another program reads.

import { type CatalogueModel, falconLlm } from "./model.ts";

const sizes = [
  ["1B", 1.585e9],
  ["3B", 2.919e9],
] as const;

export const falconEModels: readonly CatalogueModel[] = sizes.flatMap(([size, parameters]) =>
  (["Base", "Instruct"] as const).map((ending): CatalogueModel => ({
    id: `Falcon-E-${size}-${ending}`,
    name: `Falcon-E ${size} ${ending}`,
    family: "Falcon-E",
    kind: ending === "Base" ? "base" : "instruct",
    parameters,
    licence: falconLlm,
    languages: ["en"],
    infill: false,
    purposes: [],
    repository: `tiiuae/Falcon-E-${size}-${ending}`,
    gguf: [
      {
        repository: `tiiuae/Falcon-E-${size}-${ending}-GGUF`,
        files: [{ name: "ggml-model-i2_s.gguf", quantization: "I2_S" }],
      },
    ],
    unusable: "ternary",
  })),
);
