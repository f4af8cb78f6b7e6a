// The report of `npm run bench:completion`: scores by language, and where product and bare model differ.

import { table } from "./report.ts";
import { score } from "./scores.ts";

/** The rest of a line of a held-out file, and what others than the product answered: training/evaluate.py writes it. */
export interface Case {
  /** VS Code's name of it. */
  readonly language: string;
  readonly package: string;
  /** In the package, with slashes. */
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly truth: string;
  /** Files of the same package that are open beside it; none unless given. */
  readonly others?: readonly { readonly path: string; readonly text: string }[];
  readonly answers: Readonly<Record<"model" | "nearest line" | "5-gram", string>>;
}

export interface Result extends Case {
  /** The first line of the ghost text; undefined where there was none. */
  readonly shown: string | undefined;
  /** From the request to the answer. */
  readonly milliseconds: number;
  /** Of all processors, in the server and the model process; NaN elsewhere than on Linux. */
  readonly cpuSeconds: number;
}

const answerOf: Readonly<Record<string, (result: Result) => string>> = {
  product: ({ shown }) => shown ?? "",
  "bare model": ({ answers }) => answers.model,
  "nearest line": ({ answers }) => answers["nearest line"],
  "5-gram": ({ answers }) => answers["5-gram"],
};

export function toText(results: readonly Result[], verbose: boolean): string {
  const languages = [...new Set(results.map(({ language }) => language))].sort();
  const header = ["", "", "exact", "similarity", "kept", "shown", "median ms", "p95 ms", "CPU s"];
  const rows = languages.flatMap((language) =>
    rowsOf(
      language,
      results.filter((result) => result.language === language),
    ),
  );
  return [...table([header, ...rows, ...rowsOf("all", results)]), "", ...differences(results, verbose)].join("\n");
}

function rowsOf(name: string, results: readonly Result[]): string[][] {
  const means = Object.fromEntries(
    Object.entries(answerOf).map(([system, answer]) => [
      system,
      meanScores(results.map((each) => score(answer(each), each.truth))),
    ]),
  );
  const ratios = means["product"]?.map((mean, i) => mean / (means["bare model"]?.[i] ?? NaN)) ?? [];
  const milliseconds = results.map((each) => each.milliseconds);
  const cpuSeconds = results.reduce((sum, each) => sum + each.cpuSeconds, 0) / results.length;
  const shown = results.filter((each) => each.shown !== undefined).length / results.length;
  const ownFigures = [
    shown.toFixed(3),
    percentile(milliseconds, 0.5).toFixed(0),
    percentile(milliseconds, 0.95).toFixed(0),
    Number.isFinite(cpuSeconds) ? cpuSeconds.toFixed(2) : "",
  ];
  const rows = Object.entries({ ...means, "product ÷ bare model": ratios }).map(([system, figures]) => [
    "",
    system,
    ...figures.map((figure) => (Number.isFinite(figure) ? figure.toFixed(3) : "")),
    ...(system === "product" ? ownFigures : []),
  ]);
  return [[`${name}, ${results.length} cases`, ""], ...rows];
}

function meanScores(scores: readonly ReturnType<typeof score>[]): number[] {
  return (["exact", "similarity", "kept"] as const).map(
    (figure) => scores.reduce((sum, each) => sum + each[figure], 0) / scores.length,
  );
}

/** By the nearest rank. */
function percentile(values: readonly number[], share: number): number {
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
      String(cases.filter(({ shown, truth }) => shown === truth).length),
      String(cases.filter(({ answers, truth }) => answers.model === truth).length),
    ]),
  ]);
  const shownExamples = [...different.values()].map((cases) =>
    verbose ? cases.slice(0, examples).flatMap(describe) : [],
  );
  return [header ?? "", ...rows.flatMap((row, i) => [row, ...(shownExamples[i] ?? [])])];
}

/** What can be told from the outside; undefined where both are the same. */
function differenceOf({ shown, answers: { model } }: Result): string | undefined {
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
    ...Object.entries({ truth, product: shown, model: answers.model }).map(
      ([system, text]) => `    ${system.padEnd(8)} ${text === undefined ? "nothing" : JSON.stringify(text)}`,
    ),
  ];
}
