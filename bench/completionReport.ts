// The report of `npm run bench:completion`: scores by language, and where product and bare model differ.

import { table } from "./report.ts";
import { score } from "./scores.ts";

/** A place in a held-out file, and what others than the product answered there: training/evaluate.py writes those of lines. */
export interface Case {
  /** What the truth is: the rest of the line unless given, or a block of several lines. */
  readonly kind?: "line" | "block";
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
  readonly answers?: Readonly<Record<"model" | "nearest line" | "5-gram", string>>;
}

export interface Result extends Case {
  /** The ghost text; undefined where there was none. */
  readonly shown: string | undefined;
  /** From the request to the answer. */
  readonly milliseconds: number;
  /** Of all processors, in the server and the model process; NaN elsewhere than on Linux. */
  readonly cpuSeconds: number;
}

const answerOf: Readonly<Record<string, (result: Result) => string | undefined>> = {
  product: (result) => scoredText(result) ?? "",
  "bare model": ({ answers }) => answers?.model,
  "nearest line": ({ answers }) => answers?.["nearest line"],
  "5-gram": ({ answers }) => answers?.["5-gram"],
};

/** Of ghost text where a line is asked for only the rest of the line is scored. */
function scoredText({ kind, shown }: Result): string | undefined {
  return kind === "block" ? shown : shown?.split("\n", 1)[0]?.trimEnd();
}

/** How many characters of the ghost text are not those of the truth, over the truth's: all lines of it. */
function wrongShare({ shown = "", truth }: Result): number {
  return shown.length / truth.length - score(shown, truth).kept;
}

export function toText(results: readonly Result[], verbose: boolean): string {
  const header = ["", "", "exact", "similarity", "kept", "wrong", "shown", "median ms", "p95 ms", "CPU s"];
  const rows = [...Map.groupBy(results, ({ kind = "line" }) => kind)].flatMap(([kind, ofKind]) => {
    const byLanguage = Map.groupBy(ofKind, ({ language }) => language);
    const sorted = [...byLanguage].sort(([a], [b]) => a.localeCompare(b));
    return [
      ...sorted.flatMap(([language, ofLanguage]) => rowsOf(`${language} ${kind}s`, ofLanguage)),
      ...rowsOf(`all ${kind}s`, ofKind),
    ];
  });
  return [...table([header, ...rows]), "", ...differences(results, verbose)].join("\n");
}

function rowsOf(name: string, results: readonly Result[]): string[][] {
  const means = Object.fromEntries(
    Object.entries(answerOf)
      .filter(([, answer]) => results.every((each) => answer(each) !== undefined))
      .map(([system, answer]) => [system, meanScores(results.map((each) => score(answer(each) ?? "", each.truth)))]),
  );
  const ratios = means["product"]?.map((mean, i) => mean / (means["bare model"]?.[i] ?? NaN)) ?? [];
  const milliseconds = results.map((each) => each.milliseconds);
  const cpuSeconds = results.reduce((sum, each) => sum + each.cpuSeconds, 0) / results.length;
  const shown = results.filter((each) => each.shown !== undefined).length / results.length;
  const wrong = results.reduce((sum, each) => sum + wrongShare(each), 0) / results.length;
  const ownFigures = [
    wrong.toFixed(3),
    shown.toFixed(3),
    percentile(milliseconds, 0.5).toFixed(0),
    percentile(milliseconds, 0.95).toFixed(0),
    Number.isFinite(cpuSeconds) ? cpuSeconds.toFixed(2) : "",
  ];
  const rows = Object.entries({ ...means, ...(means["bare model"] && { "product ÷ bare model": ratios }) }).map(
    ([system, figures]) => [
      "",
      system,
      ...figures.map((figure) => (Number.isFinite(figure) ? figure.toFixed(3) : "")),
      ...(system === "product" ? ownFigures : []),
    ],
  );
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
  if (!result.answers) return undefined;
  const { model } = result.answers;
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
