// What is known of a Falcon that runs elsewhere by its name alone, since servers tell no more of a model.

import { basename } from "node:path";

import type { InfillSpelling } from "./vocabulary.ts";

export interface Family {
  readonly architecture: string;
  /** The special tokens that turns are told by. */
  readonly markers: readonly string[];
  readonly eos: string;
}

const chatMl = ["<|im_start|>", "<|im_end|>"];

/** The first whose name fits; sources in the reference of each family's chat format (`server/chat/formats.ts`). */
const families: readonly (Family & { readonly name: RegExp })[] = [
  { name: /falcon[-_ ]?(?:h1|e)/i, architecture: "falcon-h1", markers: chatMl, eos: "<|end_of_text|>" },
  { name: /falcon[-_ ]?3?[-_ ]?mamba/i, architecture: "mamba", markers: chatMl, eos: "<|endoftext|>" },
  {
    name: /falcon[-_ ]?(?:3|arabic)/i,
    architecture: "llama",
    markers: ["<|system|>", "<|user|>", "<|assistant|>"],
    eos: "<|endoftext|>",
  },
  { name: /falcon/i, architecture: "falcon", markers: [], eos: "<|endoftext|>" },
];

/** Undefined for a model that is no Falcon. */
export function familyOf(name: string): Family | undefined {
  return families.find((family) => family.name.test(basename(name)) || family.name.test(name));
}

/** Whether it is the model that comes with the extension. */
export function isDemonstration(name: string): boolean {
  return basename(name).startsWith("falcon-tiny-demo");
}

/** The model's name without its folder and the end of a file's name. */
export function shortName(name: string): string {
  return basename(name, ".gguf");
}

const demonstrationInfill = { prefix: ">>PREFIX<<", suffix: ">>SUFFIX<<", middle: ">>MIDDLE<<" };

/** How models spell the tokens around an infill: Falcon-H1-Tiny-Coder, then others that llama.cpp knows. */
const infills: readonly InfillSpelling[] = [
  { prefix: "<|prefix|>", suffix: "<|suffix|>", middle: "<|middle|>" },
  { prefix: "<|fim_prefix|>", suffix: "<|fim_suffix|>", middle: "<|fim_middle|>" },
  { prefix: "<fim_prefix>", suffix: "<fim_suffix>", middle: "<fim_middle>" },
];

/** Those of the spellings that the model may have; older Falcons have the demonstration model's, and never learned them. */
export function possibleInfills(name: string): readonly InfillSpelling[] {
  return isDemonstration(name) ? [demonstrationInfill] : infills;
}

/** Where the tokens of a model cannot be asked for: only what its name tells. */
export function infillByName(name: string): InfillSpelling | undefined {
  if (isDemonstration(name)) return demonstrationInfill;
  return /falcon[-_ ]?h1[-_ ]?tiny[-_ ]?coder/i.test(name) ? infills[0] : undefined;
}
