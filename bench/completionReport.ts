// The report of `npm run bench:completion`: scores by language, what each step is worth, and where product and bare model
// differ.

import type { CutCase, CutKind } from "./cases.ts";
import type { Suggestions } from "../src/shared/serverSettings.ts";
import { type CaseContext, contextText } from "./contextReport.ts";
import { type Gated, gateText } from "./gateReport.ts";
import { table } from "./report.ts";
import { score } from "./scores.ts";

/** A place in a held-out file and what stands there; of a line also what others than the product answered. */
export interface Case extends CutCase {
  /** The rest of the line unless given. */
  readonly kind?: "line" | "edits" | CutKind;
  /** Written by training/evaluate.py. */
  readonly answers?: Readonly<Record<"model" | "nearest line" | "5-gram", string>>;
}

export interface Result extends Case {
  /** The ghost text; undefined where there was none. */
  readonly shown: string | undefined;
  /** What each setting of the gate shows, where that was asked for. */
  readonly bySetting: Partial<Readonly<Record<Suggestions, string | undefined>>>;
  /** From the request to the answer. */
  readonly milliseconds: number;
  /** Of all processors, in the server and the model process; NaN elsewhere than on Linux. */
  readonly cpuSeconds: number;
  /** What other files are in the prompt, where they lie on the disk. */
  readonly context?: CaseContext;
  /** What a naive prompt gets, where that was asked for. */
  readonly naive?: string | undefined;
}

const answerOf: Readonly<Record<string, (result: Result) => string | undefined>> = {
  product: (result) => scoredText(result) ?? "",
  "naive prompt": ({ kind, naive }) => scoredText({ kind, shown: naive }),
  "bare model": ({ answers }) => answers?.model,
  "nearest line": ({ answers }) => answers?.["nearest line"],
  "5-gram": ({ answers }) => answers?.["5-gram"],
};

/** Of ghost text where a line is asked for only the rest of the line is scored. */
function scoredText({
  kind,
  shown,
}: {
  readonly kind?: Result["kind"] | undefined;
  readonly shown: string | undefined;
}): string | undefined {
  return kind === "block" || kind === "function" ? shown?.trim() : shown?.split("\n", 1)[0]?.trimEnd();
}

/** How many characters of the ghost text are not those of the truth, over the truth's: all lines of it. */
function wrongShare({ shown = "", truth }: Result): number {
  return shown.length / truth.length - score(shown, truth).kept;
}

const header = [
  ...["", "", "exact", "similarity", "kept", "wrong", "wrong at once", "shown"],
  ...["kept characters", "median ms", "p95 ms", "CPU s"],
];

export function toText(results: readonly Result[], verbose: boolean): string {
  const rows = [...Map.groupBy(results, ({ kind = "line" }) => kind)].flatMap(([kind, ofKind]) => {
    const byLanguage = Map.groupBy(ofKind, ({ language }) => language);
    const sorted = [...byLanguage].sort(([a], [b]) => a.localeCompare(b));
    return [
      ...sorted.flatMap(([language, ofLanguage]) => rowsOf(`${language}, ${kind}`, ofLanguage)),
      ...rowsOf(`all, ${kind}`, ofKind),
    ];
  });
  const compared = results.some(({ answers }) => answers) ? differences(results, verbose) : [];
  const written = verbose && compared.length === 0 ? results.slice(0, examples).flatMap(describe) : [];
  const gated = results.some(({ bySetting }) => "eager" in bySetting) ? gateText(results.map(gatedLine)) : "";
  const context = contextText(results.flatMap((each) => each.context ?? []));
  return ["", ...table([header, ...rows]), ...context, "", gated, "", ...compared, ...written].join("\n");
}

/** What each setting shows of the first line, as the gate judges it. */
function gatedLine({ kind, truth, bySetting }: Result): Gated {
  const firstLine = (text: string | undefined) => text?.trim().split("\n", 1)[0];
  const ofKind = kind === "block" || kind === "function" ? firstLine : (shown?: string) => scoredText({ kind, shown });
  const { eager, balanced, quiet } = bySetting;
  return {
    truth: firstLine(truth) ?? "",
    shown: { eager: ofKind(eager), balanced: ofKind(balanced), quiet: ofKind(quiet) },
  };
}

interface Ablated {
  readonly step: string;
  readonly results: readonly Result[];
}

/** What is worth how much: the figures without each step over those with all. */
export function ablationText(whole: readonly Result[], without: readonly Ablated[]): string {
  const all = figuresOf(whole);
  const rows = without.map(({ step, results }) => {
    const figures = figuresOf(results);
    return [`without ${step}`, ...figures.map((figure, i) => (figure / (all[i] ?? NaN)).toFixed(3))];
  });
  const names = ["", ...header.slice(2)];
  return ["", ...table([names, ["all steps", ...all.map((figure) => figure.toPrecision(3))], ...rows])].join("\n");
}

function rowsOf(name: string, results: readonly Result[]): string[][] {
  const figures = figuresOf(results);
  const systems = Object.keys(answerOf).filter((system) => system !== "product" && meansOf(results, system));
  return [
    [`${name}, ${results.length} cases`, ""],
    ["", "product", ...figures.map((figure, i) => formatted(figure, i))],
    ...systems.map((system) => ["", system, ...(meansOf(results, system) ?? []).map(formatted)]),
    ...["bare model", "naive prompt"].flatMap((system) => {
      const means = meansOf(results, system);
      return means
        ? [["", `product ÷ ${system}`, ...means.map((mean, i) => formatted((figures[i] ?? NaN) / mean, 0))]]
        : [];
    }),
  ];
}

/** As in `header`. */
function figuresOf(results: readonly Result[]): number[] {
  const share = (holds: (result: Result) => boolean) => results.filter(holds).length / results.length;
  const milliseconds = results.map((each) => each.milliseconds);
  const isWrongAtOnce = (each: Result) => each.shown !== undefined && keptOf(each) === 0;
  const keptCharacters = results.map((each) => keptOf(each) * Array.from(each.truth).length);
  return [
    ...(meansOf(results, "product") ?? []),
    mean(results.map(wrongShare)),
    share(isWrongAtOnce),
    share(({ shown }) => shown !== undefined),
    mean(keptCharacters),
    percentile(milliseconds, 0.5),
    percentile(milliseconds, 0.95),
    mean(results.map((each) => each.cpuSeconds)),
  ];
}

function keptOf(result: Result): number {
  return score(scoredText(result) ?? "", result.truth).kept;
}

/** Exact, similarity and kept; undefined where the system was not asked. */
function meansOf(results: readonly Result[], system: string): number[] | undefined {
  const scores = results.flatMap((each) => {
    const answer = answerOf[system]?.(each);
    return answer === undefined ? [] : [score(answer, each.truth)];
  });
  if (scores.length === 0) return undefined;
  return (["exact", "similarity", "kept"] as const).map((figure) => mean(scores.map((each) => each[figure])));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function formatted(figure: number, column: number): string {
  if (!Number.isFinite(figure)) return "";
  return figure.toFixed([3, 3, 3, 3, 3, 3, 1, 0, 0, 2][column]);
}

/** By the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? NaN;
}

const examples = 5;

function differences(results: readonly Result[], verbose: boolean): string[] {
  const different = Map.groupBy(results, differenceOf);
  different.delete(undefined);
  const [header, ...rows] = table([
    ["product and bare model differ", "cases", "product right", "bare model right"],
    ...[...different].map(([reason = "", cases]) => [
      reason,
      String(cases.length),
      String(cases.filter((each) => scoredText(each) === each.truth).length),
      String(cases.filter(({ answers, truth }) => answers?.model === truth).length),
    ]),
  ]);
  const shownExamples = [...different.values()].map((cases) =>
    verbose ? cases.slice(0, examples).flatMap(describe) : [],
  );
  return [header ?? "", ...rows.flatMap((row, i) => [row, ...(shownExamples[i] ?? [])])];
}

/** What can be told from the outside; undefined where both are the same. */
function differenceOf(result: Result): string | undefined {
  const model = result.answers?.model ?? "";
  const shown = scoredText(result);
  if ((shown ?? "") === model) return undefined;
  if (shown === undefined) return "nothing shown";
  if (model.startsWith(shown)) return "product ends earlier";
  return shown.startsWith(model) ? "product goes on longer" : "other text";
}

function describe({ package: name, path, prefix, truth, shown, answers }: Result): string[] {
  const line = prefix.slice(prefix.lastIndexOf("\n") + 1);
  return [
    `  ${name} ${path}:${prefix.split("\n").length}`,
    `    ${line}║`,
    ...Object.entries({ truth, product: shown, model: answers?.model }).map(
      ([system, text]) => `    ${system.padEnd(8)} ${text === undefined ? "nothing" : JSON.stringify(text)}`,
    ),
  ];
}
