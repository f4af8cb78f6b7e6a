// A test with its data: questions that a model answers one after the other, whatever they are about.

import type { EvaluationTest } from "../../src/shared/evaluation.ts";
import type { Model } from "../engine/engine.ts";
import type { Answer, Settings } from "./answersFile.ts";
import type { Form } from "./prompts.ts";
import type { Metric } from "./task.ts";

export interface Test {
  readonly name: EvaluationTest;
  readonly title: string;
  readonly metric: Metric | "pass@1";
  /** Whose mean it is over several subjects; absent where there is one. */
  readonly form?: Form;
  /** What the answers depend on, beside the model and its context. */
  readonly settings: Settings;
  /** How many questions there are. */
  readonly count: number;
  questions(): Iterable<Question>;
}

export interface Question {
  readonly id: string;
  /**
   * undefined when the signal fired.
   * @param longest tokens of a prompt at the most
   */
  answer(model: Model, longest: number, signal: AbortSignal): Promise<Answer | undefined>;
}
