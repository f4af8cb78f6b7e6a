// What is known of the Falcon models, as it crosses a process.

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
  /** Tokens that it was trained on. */
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
