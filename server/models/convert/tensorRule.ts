// What becomes of each tensor of the original weights.

export interface TensorRule {
  /** In GGUF. */
  readonly name: string;
  /** Among the original weights. */
  readonly source: string;
  /** As the original has it: the output's dimension first. */
  readonly shape: readonly number[];
  /** As GGUF has it, the input's dimension first; by default the original's the other way round. */
  readonly dims?: readonly number[];
  /** Not every model has it. */
  readonly isOptional?: true;
  /** For each row the one of the original that becomes it. */
  readonly rows?: Uint32Array;
  /** What the numbers of so many rows are multiplied by, one after another. */
  readonly factors?: readonly RowFactors[];
  /** x becomes -exp(x). */
  readonly isLogarithm?: true;
}

export interface RowFactors {
  readonly rows: number;
  readonly factors: readonly number[];
}

export function dimsOf({ shape, dims }: Pick<TensorRule, "shape" | "dims">): readonly number[] {
  return dims ?? shape.toReversed();
}
