// What other files are in the prompts of `npm run bench:completion -- --kind files`, and what they cost.

import type { CompletionContextReport } from "../src/shared/completionContext.ts";
import type { CutCase } from "./cases.ts";

export interface CaseContext {
  readonly tokens: number;
  /** Tokens that there was room for, which depends on how fast prompts are evaluated. */
  readonly budget: number;
  readonly milliseconds: number;
  /** Whether the prompt has the name that the line goes on with. */
  readonly hasName: boolean;
  /** Providers that gave nothing, or not all. */
  readonly failures: readonly string[];
}

export function contextOf({ truth }: CutCase, report: CompletionContextReport | null): CaseContext {
  const { tokens = 0, budget = 0, milliseconds = 0, providers = [], chunks = [] } = report ?? {};
  const name = /^\w+/.exec(truth)?.[0] ?? truth;
  return {
    ...{ tokens, budget, milliseconds },
    hasName: chunks.some(({ text }) => text?.includes(name)),
    failures: providers.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name} ${failure}`])),
  };
}

export function contextText(contexts: readonly CaseContext[]): string[] {
  if (contexts.length === 0) return [];
  const mean = (of: (context: CaseContext) => number) =>
    contexts.reduce((sum, each) => sum + of(each), 0) / contexts.length;
  const failures = [
    ...Map.groupBy(
      contexts.flatMap((each) => each.failures),
      (failure) => failure,
    ),
  ];
  return [
    "",
    `other files: the name is in ${mean(({ hasName }) => Number(hasName)).toFixed(2)} of the prompts; ` +
      `${mean(({ tokens }) => tokens).toFixed(0)} of ${mean(({ budget }) => budget).toFixed(0)} tokens, chosen in ${mean((each) => each.milliseconds).toFixed(1)} ms`,
    ...failures.map(([failure, all]) => `${failure}: ${all.length} times`),
  ];
}
