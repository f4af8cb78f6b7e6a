// What is known of the Falcon models, as it crosses a process.

import type { ModelRole } from "./modelRoles.ts";

/** What a model file says of itself, read without loading it. */
export interface ModelFileInfo {
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  /** The type of most of the weights, such as Q4_0 or F16. */
  readonly quantization: string;
  /** Whether it can write what goes between two texts. */
  readonly infill: boolean;
  /** Bytes. */
  readonly size: number;
  /** Tokens the model was trained on. */
  readonly contextLength: number;
}

/** What original weights can be converted to; what most want comes first. */
export const convertedTypes = ["Q4_K_M", "Q8_0", "Q6_K", "Q5_K_M", "Q4_0", "BF16", "F16", "F32"] as const;

/** A folder of original weights, as Hugging Face has them, that becomes a GGUF file beside them. */
export interface ConvertParams {
  /** Absolute path. */
  readonly folder: string;
  readonly type: (typeof convertedTypes)[number];
  /**
   * Whether each file of weights is deleted as soon as all of it is converted, so that the disk need not hold both. The folder
   * is then one of the models folder.
   */
  readonly deletesWeights?: boolean;
  /** Names the reports of how much is done, from 0 to 1. */
  readonly progressToken?: string;
}

/** What of a repository its conversion needs. */
export interface OriginalFiles {
  readonly files: readonly string[];
  /** Bytes of all of them. */
  readonly size: number;
  /** Bytes of those that are not on the disk yet. */
  readonly missing: number;
  /** Bytes of the largest of them. */
  readonly largest: number;
}

/** What a model is good for: ghost text, answers, prose, calling tools. */
export type Purpose = "complete" | "chat" | "write" | "tools";

export type ModelFamily =
  "Falcon" | "Falcon2" | "Falcon3" | "Falcon-H1" | "Falcon-H1-Tiny" | "Falcon-Mamba" | "Falcon-E";

/** Whose terms a model is under; `link` leads to them, or to the model's card, which has them. */
export interface Licence {
  readonly name: string;
  readonly link: string;
}

/** One model of the catalogue. What is not known of it is absent. */
export interface CatalogueEntry {
  /** The name of its repository, such as Falcon3-7B-Instruct. */
  readonly id: string;
  readonly name: string;
  readonly family: ModelFamily;
  /** `base`: trained to continue a text; `instruct`: to answer, too. */
  readonly kind: "base" | "instruct";
  readonly parameters: number;
  readonly licence: Licence;
  /** As ISO 639-1 codes; none where nobody says which. */
  readonly languages: readonly string[];
  /** Tokens that it was trained on, or fewer where its files say so. */
  readonly contextLength?: number;
  /** Whether it was trained to write what goes between two texts. */
  readonly infill: boolean;
  readonly purposes: readonly Purpose[];
  /** How many of HumanEval's functions it writes right at the first try, in percent. */
  readonly humanEval?: number;
  /** Repository of the original weights on Hugging Face, which has the model's card. */
  readonly repository: string;
  /** Repositories of GGUF files, the preferred one first; where there is none, the original weights can be converted. */
  readonly gguf: readonly GgufRepository[];
  /** Why it does not run: its attention has linear biases (ALiBi), or its weights are ternary, in types of other programs. */
  readonly unusable?: "alibi" | "ternary";
}

export interface GgufRepository {
  readonly repository: string;
  /** Those whose names are known; the hub tells of the others. */
  readonly files: readonly GgufFile[];
}

export interface GgufFile {
  readonly name: string;
  /** As llama.cpp names it, such as Q4_K_M. */
  readonly quantization: string;
  /** Bytes, to as many digits as are known: enough to show and to plan with. The hub tells the exact number. */
  readonly size?: number;
}

/** Where a model and its context go: all onto GPUs, a part of it, onto the CPU alone, or nowhere. */
export type Fit = "gpu" | "partly" | "cpu" | "none";

/** What a device would hold, in bytes. */
export interface DeviceMemory {
  readonly kind: "cpu" | "gpu";
  readonly name: string;
  /** What there is for all of it. */
  readonly free: number;
  readonly layers: number;
  readonly weights: number;
  readonly kvCache: number;
  /** Of models with a state space: what they keep in the place of a KV cache, or beside it. */
  readonly state: number;
  readonly compute: number;
  /** What the model's process needs beside: on the CPU alone. */
  readonly process: number;
}

export interface MemoryPlan {
  readonly fit: Fit;
  /** How many of the `layers` go to GPUs; the output counts as one. */
  readonly gpuLayers: number;
  readonly layers: number;
  /** The GPUs, and the CPU last. */
  readonly devices: readonly DeviceMemory[];
  /** Bytes on all devices together. */
  readonly total: number;
}

/** Whom the catalogue is for. */
export interface CatalogueParams {
  /** The language that the editor speaks, as an ISO 639-1 code. */
  readonly language?: string;
}

/** A file of a repository on the hub. */
export interface PlanModelParams {
  readonly repository: string;
  readonly name: string;
  /** What it is chosen for: it takes the place of this model, and the other stays. Of both unless given. */
  readonly role?: ModelRole;
}

/** One quantization of a model: a file to download, or one that can be made of the original weights. */
export interface ModelChoice {
  readonly quantization: string;
  /** Absent where it is made from the original weights. */
  readonly file?: { readonly repository: string; readonly name: string };
  /** Bytes of the file, as published or estimated. */
  readonly size?: number;
  /** Whether the size follows from the model's shape: enough to show as a rough figure, not to refuse a download by. */
  readonly isSizeEstimated?: true;
  /** Absent where too little is known of the model before its header is read. */
  readonly plan?: MemoryPlan;
  /** Tokens that it writes in a second on this machine, roughly; absent where no speed is known of a device. */
  readonly tokensPerSecond?: number;
}

/** A row of the catalogue, for this machine: its plans are for the roles that it is recommended for, or else for both. */
export interface CatalogueRow {
  readonly model: CatalogueEntry;
  readonly choices: readonly ModelChoice[];
  /** Which of the choices is best here; absent where none fits, or where the model does not run. */
  readonly best?: number;
  /** What it is the best model of the catalogue for, on this machine. */
  readonly recommendedFor: readonly Purpose[];
}
