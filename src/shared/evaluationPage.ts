// What the page of evaluations shows, and what it says.

import type { EvaluationComparison, EvaluationRun, EvaluationTest } from "./evaluation.ts";

/** From 0 to 1, with where they stand. */
export interface PublishedScores {
  readonly model: string;
  readonly scores: Readonly<Partial<Record<EvaluationTest, number>>>;
  readonly source: string;
}

export interface EvaluationPageState {
  /** The newest first. */
  readonly runs: readonly EvaluationRun[];
  readonly published: readonly PublishedScores[];
  /** What the user compared last. */
  readonly comparison?: Compare & { readonly outcome: EvaluationComparison };
}

/** Two runs, by their ids, and a test of both. */
export interface Compare {
  readonly test: EvaluationTest;
  readonly first: string;
  readonly second: string;
}

export type EvaluationPageMessage = Compare & { readonly type: "compare" };

/** `{0}` and so on stand for what the page fills in. */
export interface EvaluationStrings {
  readonly title: string;
  readonly description: string;
  readonly tests: Readonly<Record<EvaluationTest, string>>;
  readonly emptyTitle: string;
  readonly emptyText: string;
  readonly model: string;
  readonly score: string;
  readonly published: string;
  /** Questions, standard error. */
  readonly measured: string;
  readonly measuredWithoutError: string;
  readonly cut: string;
  readonly notAsked: string;
  readonly subjects: string;
  readonly subject: string;
  readonly questions: string;
  readonly details: string;
  readonly hash: string;
  readonly device: string;
  readonly contextSize: string;
  readonly sources: string;
  readonly source: string;
  readonly compare: string;
  readonly compareWith: string;
  readonly compareButton: string;
  /** Questions, the better model, its lead in points, the other model, standard error, p. */
  readonly compared: string;
  readonly mcnemar: string;
  readonly paired: string;
}
