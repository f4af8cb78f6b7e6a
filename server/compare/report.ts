// What a comparison has found so far: figures of the places that all models have completed, and what follows from them, in words.

import * as l10n from "@vscode/l10n";

import type { CandidateReport, ComparisonReport } from "../../src/shared/comparison.ts";
import type { Answer } from "./answer.ts";
import type { Contestant } from "./contestant.ts";
import type { HeldOutPlace } from "./findPlaces.ts";
import { estimate, percentile } from "./statistics.ts";

/** A place, and what was answered there. */
export interface Row {
  readonly place: HeldOutPlace;
  readonly answers: Map<Contestant, Answer>;
}

/** Fewer commits are spread in other ways than Student's t assumes. */
const fewestCommits = 6;

export function reportOn(
  contestants: readonly Contestant[],
  rows: readonly Row[],
  run: Pick<ComparisonReport, "state" | "elapsed" | "minutes">,
): ComparisonReport {
  const taking = contestants.filter((each) => !each.hasFailed);
  const whole = rows.filter(({ answers }) => taking.length > 0 && taking.every((each) => answers.has(each)));
  const commits = new Set(whole.map(({ place }) => place.commit)).size;
  const lines = whole.filter(({ place }) => place.kind === "line").length;
  const counted = { ...run, lines, blocks: whole.length - lines, commits };
  if (whole.length === 0) return { ...counted, candidates: contestants.map(({ report }) => report) };
  const leader = taking.toSorted((a, b) => meanKept(b, whole) - meanKept(a, whole))[0];
  const candidates = contestants.map((each) => ({
    ...each.report,
    ...(taking.includes(each) && { figures: figuresOf(each, leader, whole, taking.length - 1) }),
  }));
  const { best, text } = recommend(candidates, { places: whole.length, commits });
  return { ...counted, candidates, recommendation: text, best };
}

function meanKept(contestant: Contestant, rows: readonly Row[]): number {
  return rows.reduce((sum, { answers }) => sum + (answers.get(contestant)?.kept ?? 0), 0) / rows.length;
}

/** @param others among which the leader was found: with more of them, one leads by chance more easily */
function figuresOf(
  contestant: Contestant,
  leader: Contestant | undefined,
  rows: readonly Row[],
  others: number,
): NonNullable<CandidateReport["figures"]> {
  const answers = rows.flatMap(({ answers }) => answers.get(contestant) ?? []);
  const share = (holds: (answer: Answer) => boolean) => answers.filter(holds).length / answers.length;
  const milliseconds = answers.map((each) => each.milliseconds);
  const valuesOf = (value: (row: Row) => number) =>
    rows.map((row) => ({ commit: row.place.commit, value: value(row) }));
  const keptBy = (each: Contestant | undefined, row: Row) => (each && row.answers.get(each)?.kept) ?? 0;
  const { memory } = contestant;
  return {
    kept: estimate(
      valuesOf((row) => keptBy(contestant, row)),
      0.95,
    ),
    ...(contestant !== leader && {
      behind: estimate(
        valuesOf((row) => keptBy(leader, row) - keptBy(contestant, row)),
        1 - 0.05 / others,
      ),
    }),
    exact: share(({ isExact }) => isExact),
    shown: share(({ isShown }) => isShown),
    p50: percentile(milliseconds, 0.5),
    p95: percentile(milliseconds, 0.95),
    ...(memory !== undefined && { memory }),
  };
}

interface Compared {
  readonly places: number;
  readonly commits: number;
}

/** Of those that the places do not tell from the best one, the fastest. */
function recommend(
  candidates: readonly CandidateReport[],
  { places, commits }: Compared,
): { readonly best: number; readonly text: string } {
  const known = candidates.flatMap(({ figures, ...each }, number) =>
    figures ? [{ number, figures, name: nameOf(each, candidates) }] : [],
  );
  const leader = known.find(({ figures }) => !figures.behind);
  const alike = known.filter(({ figures: { behind } }) => !behind || behind.low <= 0);
  const fastest = alike.toSorted((a, b) => a.figures.p50 - b.figures.p50)[0];
  const [second] = known
    .filter((each) => each !== leader)
    .toSorted((a, b) => (a.figures.behind?.mean ?? 0) - (b.figures.behind?.mean ?? 0));
  if (!leader || !fastest) return { best: 0, text: "" };
  if (!second) {
    return {
      best: leader.number,
      text: l10n.t("Only {0} could be measured: there is nothing to compare it with.", leader.name),
    };
  }
  if (commits < fewestCommits) {
    return {
      best: leader.number,
      text: l10n.t(
        "{0} places of {1} commits are too few to tell the models apart. So far {2} keeps most.",
        ...[places, commits, leader.name],
      ),
    };
  }
  if (alike.length === 1) {
    const { mean, low, high } = second.figures.behind ?? { mean: 0, low: 0, high: 0 };
    return {
      best: leader.number,
      text: l10n.t(
        "Use {0}: of what was written at a place it keeps {1} characters more than {2} (between {3} and {4}).",
        ...[leader.name, decimal(mean), second.name, decimal(low), decimal(high)],
      ),
    };
  }
  const names = alike.map(({ name }) => name).join(", ");
  const same = l10n.t(
    "These {0} places of {1} commits show no difference between {2} in what they keep.",
    ...[places, commits, names],
  );
  const faster = l10n.t(
    "{0} is the fastest of them, with a median of {1} ms.",
    fastest.name,
    fastest.figures.p50.toFixed(0),
  );
  return { best: fastest.number, text: `${same} ${faster}` };
}

/** What tells a candidate from the others. */
function nameOf(
  { name, quantization, label = "" }: Omit<CandidateReport, "figures">,
  all: readonly CandidateReport[],
): string {
  const parts = [quantization, label].filter((part) => part !== "");
  return all.filter((each) => each.name === name).length > 1 && parts.length > 0
    ? `${name} (${parts.join(", ")})`
    : name;
}

/** Such as 4.6, in Italian 4,6. */
function decimal(value: number): string {
  const [whole = "", fraction = ""] = value.toFixed(1).split(".");
  return l10n.t("{0}.{1}", whole, fraction);
}
