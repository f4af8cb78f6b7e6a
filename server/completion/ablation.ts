// Steps of ghost text that a benchmark leaves out, to see what each is worth: FALCON_WITHOUT=reuse,pause.

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
