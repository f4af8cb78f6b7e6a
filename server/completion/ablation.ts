// What a benchmark sets: steps of ghost text that are left out, to see what each is worth, by FALCON_WITHOUT=reuse,pause; and how
// fast prompts are evaluated, by FALCON_PROMPT_RATE=4096, so that prompts and texts are the same on a busy machine.

import process from "node:process";

/** What may be left out: a step of `completeInline.ts`, a filter or a provider of context, by its name. */
export const steps = [
  "ahead",
  "reuse",
  "adoption",
  "pause",
  "steadyWindow",
  "body",
  "statement",
  "repeatedLines",
  "loops",
  "timeLimit",
  "syntax",
  "visited",
  "imports",
  "counterparts",
  "index",
  "gate",
  "leaks",
  "secrets",
  "doubledQuotes",
  "unchanged",
  "nearlySameLines",
  "doubt",
  "prefetch",
] as const;

export type Step = (typeof steps)[number];

const leftOut = new Set(process.env["FALCON_WITHOUT"]?.split(","));

export function isLeftOut(step: Step): boolean {
  return leftOut.has(step);
}

const promptRate = Number(process.env["FALCON_PROMPT_RATE"] ?? NaN);

/** Tokens of a prompt in a second: those that were measured, unless a benchmark has set them. */
export function promptRateOf(info: { readonly promptRate: number }): number {
  return Number.isNaN(promptRate) ? info.promptRate : promptRate;
}

/** Milliseconds of a limit: a machine whose rate is set has all the time. */
export function limited(milliseconds: number): number {
  return Number.isNaN(promptRate) ? milliseconds : 60_000;
}
