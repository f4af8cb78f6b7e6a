// The report: medians of all rounds, ratios, and whether the aims are met.

import { contexts, streams } from "./figures.ts";
import { quiet } from "./machine.ts";
import type { ModelName } from "./model.ts";

/** Where a figure comes from. */
export type Source = "engine" | "llama-bench" | "llama-server";

/** The values of a figure by source, one for each round. Those of one round stand at the same index. */
export type Figure = Readonly<Partial<Record<Source, readonly number[]>>>;

export interface Report {
  readonly machine: string;
  readonly model: ModelName;
  readonly threads: number;
  /** Whether all layers were on a GPU. */
  readonly gpu: boolean;
  /** The share of the processors that was at work for others before each measurement, 0 to 1. */
  readonly othersBusy: readonly number[];
  readonly figures: Readonly<Record<string, Figure>>;
}

/** What a figure has to be. `of`: the same figure of another source, or another figure of the engine. */
interface Aim {
  readonly figure: string;
  readonly of?: { readonly source: Source } | { readonly figure: string };
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Of llama-server's generation, which spends less on a token besides llama.cpp's own work. */
const leastOfServer: Readonly<Record<ModelName, number>> = { "26M": 0.9, "135M": 0.97, "1B": 0.97, "7B": 0.97 };

const aimsOfAll: readonly Aim[] = [
  { figure: "prefill", of: { source: "llama-bench" }, atLeast: 0.97 },
  { figure: "generation", of: { source: "llama-bench" }, atLeast: 0.97 },
  { figure: "first 64 tokens", of: { figure: "generation" }, atLeast: 0.7 },
  { figure: "aggregate 4", of: { source: "llama-server" }, atLeast: 1 },
  { figure: "first token 1k warm", of: { figure: "first token 1k cold" }, atMost: 0.05 },
  { figure: "first token 4k warm", of: { figure: "first token 4k cold" }, atMost: 0.05 },
  { figure: "abort beside a stream", of: { figure: "step beside a stream" }, atMost: 1 },
  { figure: "completion beside a chat", of: { figure: "completion alone" }, atMost: 1.5 },
  { figure: "memory above weights and KV", atMost: 150 },
  { figure: "idle", atMost: 0.5 },
];

/** Besides those of all, on a GPU: a step of several sequences costs little more than a step of one. */
const aimsOfGpu: readonly Aim[] = [
  { figure: "first prompt, prepared", of: { figure: "prompt, warm" }, atMost: 1.5 },
  { figure: "memory on the GPU", of: { figure: "memory planned" }, atMost: 1 },
  { figure: "memory on the GPU, largest context", of: { figure: "memory planned, largest context" }, atMost: 1 },
  ...contexts.map((context) => ({
    figure: `generation of 4 at ${context}`,
    of: { figure: `generation of 1 at ${context}` },
    atLeast: 2.5,
  })),
];

function aimsOf({ model, gpu }: Report): readonly Aim[] {
  const generation = contexts.flatMap((context) =>
    streams.map((count) => ({
      figure: `generation of ${count} at ${context}`,
      of: { source: "llama-server" as const },
      atLeast: leastOfServer[model],
    })),
  );
  // A small model's step is too short for what is around it to be lost in llama-bench's figure.
  const isSmall = model === "26M" || model === "135M";
  const all = aimsOfAll.filter(({ figure }) => !isSmall || figure !== "generation");
  return [...all, ...generation, ...(gpu ? aimsOfGpu : [])];
}

export function toText(report: Report): string {
  const { machine, model, threads, othersBusy, figures } = report;
  const rows = Object.entries(figures).map(([name, figure]) => [
    `${name} (${unitOf(name)})`,
    ...(["engine", "llama-bench", "llama-server"] as const).map((source) => spread(figure[source])),
    ...(["llama-bench", "llama-server"] as const).map((source) => number(ratio(figure.engine, figure[source]))),
  ]);
  const header = ["median (lowest … highest)", "engine", "llama-bench", "llama-server", "÷ bench", "÷ server"];
  const lines = [
    `${model}: ${machine}, ${threads} threads`,
    "",
    ...table([header, ...rows]),
    "",
    ...aimLines(aimsOf(report), figures),
  ];
  const disturbed = othersBusy.filter((share) => share > quiet).length;
  if (disturbed > 0) {
    const most = Math.round(Math.max(...othersBusy) * 100);
    lines.push("", `Warning: other work disturbed ${disturbed} of ${othersBusy.length} measurements, up to ${most} %.`);
  }
  return lines.join("\n");
}

export function aimLines(aims: readonly Aim[], figures: Report["figures"]): string[] {
  return aims.flatMap((aim) => {
    const { figure, of, atLeast = -Infinity, atMost = Infinity } = aim;
    const values = figures[figure]?.engine;
    const others = of && ("source" in of ? figures[figure]?.[of.source] : figures[of.figure]?.engine);
    const value = of ? ratio(values, others) : median(values);
    if (value === undefined) return [];
    const name = of ? `${figure} ÷ ${"source" in of ? of.source : of.figure}` : `${figure} (${unitOf(figure)})`;
    const wanted = atLeast > -Infinity ? `at least ${atLeast}` : `at most ${atMost}`;
    return `${value >= atLeast && value <= atMost ? "met   " : "missed"}  ${name}: ${number(value)}, ${wanted}`;
  });
}

function unitOf(figure: string): string {
  if (/^(prefill|generation|aggregate|first 64)/.test(figure)) return "tokens/s";
  if (figure.startsWith("memory")) return "MB";
  if (figure === "largest context") return "tokens";
  if (figure.startsWith("layers")) return "layers";
  return figure === "idle" ? "% of a core" : "ms";
}

/** The median of the ratios round by round, in which the machine's ups and downs are the same on both sides. */
export function ratio(
  values: readonly number[] | undefined,
  others: readonly number[] | undefined,
): number | undefined {
  return values && others && median(values.map((value, round) => value / (others[round] ?? NaN)));
}

function median(values: readonly number[] | undefined): number | undefined {
  const sorted = values?.toSorted((a, b) => a - b) ?? [];
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

export function spread(values: readonly number[] | undefined): string {
  return values ? `${number(median(values))} (${number(Math.min(...values))} … ${number(Math.max(...values))})` : "";
}

export function number(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Lines with the cells of each column below one another. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
