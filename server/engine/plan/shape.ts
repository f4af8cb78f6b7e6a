// What a model is made of, as far as its memory follows from it.

/** The architectures of TII's models: Falcon and Falcon2, Falcon-H1, Falcon3, Falcon-Mamba. */
export const architectures = ["falcon", "falcon-h1", "llama", "mamba"] as const;

export type Architecture = (typeof architectures)[number];

/** The sizes that the tensors' shapes follow from. Those that an architecture has none of are 0. */
export interface ModelShape {
  readonly layers: number;
  readonly embedding: number;
  readonly vocabulary: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ropeSize: number;
  readonly ssm: Readonly<Record<"convolution" | "inner" | "state" | "rank" | "groups", number>>;
}

/** Bytes. */
export interface Weights {
  readonly embedding: number;
  /** The matrix that makes probabilities of the last layer; absent where the embedding serves for it. */
  readonly output?: number;
  /** Of each layer the tensors. */
  readonly layers: readonly (readonly number[])[];
}

/** What a memory plan is made for. */
export interface PlannedModel {
  readonly architecture: Architecture;
  readonly shape: ModelShape;
  readonly weights: Weights;
}
