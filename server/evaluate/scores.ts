// From the log-likelihoods of choices to the score of a model.

import type { Form } from "./prompts.ts";
import { lengthOf } from "./pythonText.ts";
import type { Item, Metric } from "./task.ts";

/** A mean from 0 to 1, with the standard error of it where there are two values or more. */
export interface Mean {
  readonly score: number;
  readonly standardError?: number;
  readonly questions: number;
}

/** What an answer counts, from 0 to 1. */
export function valueOf(
  metric: Metric,
  { choices, right }: Pick<Item, "choices" | "right">,
  logs: readonly number[],
): number {
  switch (metric) {
    case "acc":
      return right.includes(greatest(logs)) ? 1 : 0;
    case "acc_norm":
      return right.includes(greatest(logs.map((log, i) => log / lengthOf(choices[i] ?? "")))) ? 1 : 0;
    case "mc2": {
      const probabilities = logs.map(Math.exp);
      return sum(right.map((i) => probabilities[i] ?? 0)) / sum(probabilities);
    }
  }
}

export function meanOf(values: readonly number[]): Mean {
  const count = values.length;
  const score = sum(values) / count;
  if (count < 2) return { score, questions: count };
  const variance = sum(values.map((value) => (value - score) ** 2)) / (count - 1);
  return { score, standardError: Math.sqrt(variance / count), questions: count };
}

/** The leaderboard weighs subjects alike; today's harness weighs questions alike. */
export function meanOfSubjects(means: readonly Mean[], form: Form | undefined): Mean {
  const [only] = means;
  if (only && means.length === 1) return only;
  const questions = sum(means.map((each) => each.questions));
  const errors = means.map(({ standardError }) => standardError ?? NaN);
  const weigh = (score: number, standardError: number): Mean =>
    Number.isNaN(standardError) ? { score, questions } : { score, standardError, questions };
  if (form === "leaderboard") {
    return weigh(
      sum(means.map(({ score }) => score)) / means.length,
      Math.sqrt(sum(errors.map((each) => each ** 2))) / means.length,
    );
  }
  const variance =
    sum(means.map((each, i) => (each.questions - 1) * (errors[i] ?? NaN) ** 2 * each.questions)) /
    (questions - means.length);
  return weigh(sum(means.map((each) => each.score * each.questions)) / questions, Math.sqrt(variance / questions));
}

function greatest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
