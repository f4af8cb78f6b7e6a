// What crosses a process when a model is measured with tests, and what is kept of it.

/** As lm-evaluation-harness calls them. */
export const leaderboardTests = ["arc_challenge", "hellaswag", "mmlu", "truthfulqa_mc2"] as const;
/** They run code that the model writes. */
const codeTests = [
  "humaneval",
  "humaneval_single_line_infilling",
  "humaneval_multi_line_infilling",
  "humaneval_random_span_infilling",
] as const;
export const evaluationTests = [...leaderboardTests, ...codeTests] as const;
export type EvaluationTest = (typeof evaluationTests)[number];

export function runsCode(test: EvaluationTest): boolean {
  return codeTests.some((each) => each === test);
}

/** Parameters of `falcon/evaluate`. */
export interface EvaluateParams {
  /** One after the other. */
  readonly tests: readonly EvaluationTest[];
  /** Absolute path of the model's file: one that is loaded, or another, which is loaded for it. */
  readonly model: string;
  /** Absolute path of the folder with the tests' files. */
  readonly data: string;
  /** So many questions of each subject; all unless given. */
  readonly limit?: number;
  /** Absolute path of the folder that gets a file with the answers: the same request goes on with it. */
  readonly answersFolder: string;
  /** Whether the user agreed to it, which `codeTests` need. */
  readonly runGeneratedCode?: boolean;
  /** How far it is, and each result, comes as `$/progress` with this token. */
  readonly partialResultToken: string;
}

/** How far a test is: counts of questions, and the tokens that a prompt may have, on which answers depend. */
export interface EvaluationProgress {
  readonly answered: number;
  readonly all: number;
  readonly contextSize: number;
}

/** Which test is how far; what came out comes once all is answered. */
export interface EvaluationStep extends EvaluationProgress {
  readonly test: EvaluationTest;
  readonly result?: EvaluationResult;
}

/** From 0 to 1. */
export interface EvaluationScore {
  readonly score: number;
  readonly standardError?: number;
  readonly questions: number;
}

export interface EvaluationResult extends EvaluationScore {
  readonly test: EvaluationTest;
  readonly subjects: readonly (EvaluationScore & { readonly subject: string })[];
  /** Questions whose prompt lost its beginning, or was not asked, for the context is too small. */
  readonly cut: number;
  /** What the answers depend on, such as the hash of the model's file. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly device: string;
  /** Absolute path of the file with all answers. */
  readonly answersFile: string;
}

/** Tests of one model that the user asked for at once. One without all of its results was stopped, and can go on. */
export interface EvaluationRun {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly model: { readonly path: string; readonly name: string };
  readonly data: string;
  readonly limit?: number;
  readonly tests: readonly EvaluationTest[];
  readonly results: readonly EvaluationResult[];
  /** Of the test that was stopped. */
  readonly stopped?: EvaluationProgress;
}

/** Parameters of `falcon/compareEvaluations`: two files with answers to the same test. */
export interface CompareParams {
  readonly first: string;
  readonly second: string;
}

/**
 * Two models on the questions that both answered. `mcnemar`: the exact test of McNemar, where answers are right or wrong
 * (Dietterich, Neural Computation 10, 1998); `paired`: the mean of the differences over its standard error, as normally
 * distributed (Miller, “Adding Error Bars to Evals”, arXiv:2411.00640, 2024).
 */
export interface EvaluationComparison {
  readonly questions: number;
  /** The second's score without the first's, from -1 to 1. */
  readonly difference: number;
  readonly standardError: number;
  /** How likely a difference as large as this is between models that are equally good. */
  readonly pValue: number;
  readonly method: "mcnemar" | "paired";
}
