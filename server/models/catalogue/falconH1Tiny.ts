// Falcon-H1-Tiny: models of 90 million parameters for one purpose each, and their larger kin.

import type { Purpose } from "../../../src/shared/models.ts";
import { hybridShape } from "./falconH1.ts";
import { type CatalogueModel, falconLlm, files } from "./model.ts";

const tiny = { layers: 24, embedding: 512, heads: 8, kvHeads: 2, headSize: 64, feedForward: 768 };
const shape = hybridShape({ ...tiny, vocabulary: 32_768 }, [24, 32, 64]);

const common = {
  family: "Falcon-H1-Tiny",
  architecture: "falcon-h1",
  kind: "instruct",
  licence: falconLlm,
  infill: false,
  gguf: [],
} as const;

/** Of the base and what was made of it for chats and code; of the others nobody says. */
const contextLength = 262_144;

/** Megabytes of Falcon-H1-Tiny-90M-Instruct's files. */
const megabytes = { Q3_K_M: 49.7, Q4_0: 57.2, Q4_K_M: 58.6, Q5_K_M: 67.2, Q6_K: 76.3, Q8_0: 98.4, BF16: 184 };

/** One of those with 91 million parameters, whose embedding serves for the output, too. */
function tiny90m(name: string, purposes: readonly Purpose[], more: Partial<CatalogueModel> = {}): CatalogueModel {
  const id = `Falcon-H1-Tiny-${name}`;
  const sized = { parameters: 91e6, languages: ["en"], shape, tied: true } as const;
  const named = { id, name: `Falcon-H1-Tiny ${name.replaceAll("-", " ")}`, repository: `tiiuae/${id}` };
  return { ...common, ...sized, ...named, purposes, ...more };
}

/** One with a larger vocabulary; its 17 languages are listed nowhere. */
function multilingual(kind: CatalogueModel["kind"], purposes: readonly Purpose[], more: Partial<CatalogueModel> = {}) {
  const ending = kind === "base" ? "Base" : "Instruct";
  const sized = { parameters: 108e6, languages: [], shape: hybridShape({ ...tiny, vocabulary: 65_536 }, [24, 32, 64]) };
  return tiny90m(`Multilingual-100M-${ending}`, purposes, { ...sized, kind, ...more });
}

export const falconH1TinyModels: readonly CatalogueModel[] = [
  tiny90m("Coder-90M", ["complete"], { contextLength, languages: [], infill: true, kind: "base" }),
  tiny90m("90M-Base", ["complete", "write"], { contextLength, kind: "base" }),
  tiny90m("90M-Instruct", ["chat", "write"], {
    contextLength,
    gguf: [
      {
        repository: "tiiuae/Falcon-H1-Tiny-90M-Instruct-GGUF",
        files: files(
          Object.fromEntries(Object.entries(megabytes).map(([quantization, size]) => [quantization, size * 1e6])),
          (quantization) => `Falcon-H1-Tiny-90M-Instruct-${quantization}.gguf`,
        ),
      },
    ],
  }),
  tiny90m("90M-Instruct-Curriculum", ["chat"], { contextLength }),
  tiny90m("90M-Instruct-pre-DPO", ["chat"], { contextLength }),
  tiny90m("Tool-Calling-90M", ["tools"]),
  tiny90m("R-90M", ["chat"], { gguf: [{ repository: "tiiuae/Falcon-H1-Tiny-R-90M-GGUF", files: [] }] }),
  {
    ...common,
    id: "Falcon-H1-Tiny-R-0.6B",
    name: "Falcon-H1-Tiny R 0.6B",
    parameters: 0.6e9,
    languages: ["en"],
    purposes: ["chat"],
    repository: "tiiuae/Falcon-H1-Tiny-R-0.6B",
    gguf: [
      {
        repository: "tiiuae/Falcon-H1-Tiny-R-0.6B-GGUF",
        files: files(
          { Q4_K_M: undefined, Q8_0: undefined, BF16: undefined },
          (quantization) => `Falcon-H1R-0.6B-${quantization}.gguf`,
        ),
      },
    ],
  },
  multilingual("base", ["complete", "write"]),
  multilingual("instruct", ["chat", "write"], {
    gguf: [
      {
        repository: "mradermacher/Falcon-H1-Tiny-Multilingual-100M-Instruct-GGUF",
        files: files(
          { Q4_K_M: undefined, Q8_0: undefined, F16: undefined },
          (quantization) =>
            `Falcon-H1-Tiny-Multilingual-100M-Instruct.${quantization === "F16" ? "f16" : quantization}.gguf`,
        ),
      },
    ],
  }),
];
