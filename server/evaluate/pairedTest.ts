// Whether one model is better than another on the same questions, or only luckier.

import type { EvaluationComparison } from "../../src/shared/evaluation.ts";

/** @param values those of each question by its id, from 0 to 1, of the first model and of the second */
export function comparePaired(
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
): EvaluationComparison | undefined {
  const pairs = [...first].flatMap(([id, value]) => {
    const other = second.get(id);
    return other === undefined ? [] : [[value, other] as const];
  });
  const questions = pairs.length;
  if (questions === 0) return undefined;
  const differences = pairs.map(([one, other]) => other - one);
  const difference = sum(differences) / questions;
  const variance = sum(differences.map((each) => (each - difference) ** 2)) / Math.max(1, questions - 1);
  const standardError = Math.sqrt(variance / questions);
  const common = { questions, difference, standardError };
  if (pairs.flat().every((value) => value === 0 || value === 1)) {
    return { ...common, method: "mcnemar", pValue: mcNemar(count(differences, -1), count(differences, 1)) };
  }
  return { ...common, method: "paired", pValue: paired(difference, standardError) };
}

/** Of the questions on which they differ, each is won by either with equal chance: twice the tail of that binomial. */
function mcNemar(onlyFirst: number, onlySecond: number): number {
  const decided = onlyFirst + onlySecond;
  let term = -decided * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k++) {
    tail += Math.exp(term);
    // From one binomial coefficient to the next, by logarithms: thousands of questions would not fit a number.
    term += Math.log(decided - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}

function paired(difference: number, standardError: number): number {
  if (difference === 0) return 1;
  return standardError === 0 ? 0 : 2 * upperTail(Math.abs(difference) / standardError);
}

/** Of the standard normal distribution, to 1e-7: Abramowitz and Stegun, 26.2.17. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const polynomial = series.reduceRight((rest, factor) => (rest + factor) * t, 0);
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

function count(values: readonly number[], wanted: number): number {
  return values.filter((value) => value === wanted).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
