// What each setting of the gate shows of the same suggestions: how many are rejected, and what is kept of the others.

import type { Suggestions } from "../src/shared/serverSettings.ts";
import { table } from "./report.ts";
import { score } from "./scores.ts";

export const gateSettings = ["eager", "balanced", "quiet"] as const satisfies readonly Suggestions[];

/** What was shown by each setting at one place, and what stands there: the first lines. */
export interface Gated {
  readonly shown: Readonly<Record<(typeof gateSettings)[number], string | undefined>>;
  readonly truth: string;
}

/** Rejected is a suggestion of which less than half is right; what is right in it is lost where only whole ones are taken. */
export function gateText(cases: readonly Gated[]): string {
  const rows = gateSettings.map((setting) => {
    const shown = cases.flatMap((each) => {
      const text = each.shown[setting];
      return text === undefined ? [] : [judge(text, each.truth)];
    });
    const accepted = shown.filter(({ kept, length }) => kept * 2 >= length);
    const sum = (of: typeof shown) => of.reduce((total, { kept }) => total + kept, 0);
    return { setting, counts: [shown.length, shown.length - accepted.length, sum(shown), sum(accepted)] };
  });
  const all = rows[0]?.counts ?? [];
  const header = ["suggestions", "shown", "rejected", "kept characters", "of those accepted"];
  const lines = rows.map(({ setting, counts }) => [
    setting,
    ...counts.map((count, i) => `${count} (${(count / (all[i] ?? NaN)).toFixed(2)})`),
  ]);
  return table([header, ...lines]).join("\n");
}

function judge(text: string, truth: string) {
  return { length: text.length, kept: Math.round(score(text, truth).kept * Array.from(truth).length) };
}
