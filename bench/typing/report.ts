// The report of `npm run bench:typing`: each completer's figures, and the product's over each peer's.

import { percentile } from "../completionReport.ts";
import { table } from "../report.ts";
import type { Measured } from "./measure.ts";
import { shortestPause } from "./trace.ts";

const slow = 300;

/** In the order of the columns. */
const figures: Readonly<Record<string, (measured: readonly Measured[]) => number>> = {
  keys: (all) => keysOf(all).length,
  "shown before the next key": (all) => share(keysOf(all), ({ shown }) => shown !== undefined),
  "p50 at pauses, ms": (all) => percentile(atPauses(all), 0.5),
  "p95 at pauses, ms": (all) => percentile(atPauses(all), 0.95),
  "p50 of what was shown there, ms": (all) => percentile(shownAtPauses(all), 0.5),
  "p95 of what was shown there, ms": (all) => percentile(shownAtPauses(all), 0.95),
  "p50 after an acceptance, ms": (all) => percentile(afterAcceptance(all), 0.5),
  "p95 after an acceptance, ms": (all) => percentile(afterAcceptance(all), 0.95),
  acceptances: (all) => afterAcceptance(all).length,
  "keys over 300 ms": (all) => share(keysOf(all), ({ latency, pause }) => (latency ?? pause) > slow),
  "tokens per key": (all) => sum(all.map(({ tokens }) => tokens)) / keysOf(all).length,
  "CPU s": (all) => sum(all.map(({ cpuSeconds }) => cpuSeconds)),
  "kept characters per key": (all) => sum(keysOf(all).map(({ kept }) => kept)) / keysOf(all).length,
  "accepted characters per key": (all) => sum(keysOf(all).map(({ accepted }) => accepted.length)) / keysOf(all).length,
};

/** By completer, the product first. */
export function toText(measured: ReadonlyMap<string, readonly Measured[]>): string {
  const [product, ...peers] = [...measured].map(([name, all]) => ({
    name,
    values: Object.values(figures).map((figure) => figure(all)),
  }));
  if (!product) return "";
  const header = ["", product.name, ...peers.flatMap(({ name }) => [name, "product ÷ it"])];
  const rows = Object.keys(figures).map((figure, i) => {
    const own = product.values[i] ?? NaN;
    const others = peers.flatMap(({ values }) => [number(values[i] ?? NaN), number(own / (values[i] ?? NaN))]);
    return [figure, number(own), ...others];
  });
  return table([header, ...rows]).join("\n");
}

function keysOf(all: readonly Measured[]): Measured["keys"] {
  return all.flatMap(({ keys }) => keys);
}

/** An answer that did not come in the pause took that long at least. */
function atPauses(all: readonly Measured[]): number[] {
  return keysOf(all)
    .filter(({ pause }) => pause >= shortestPause)
    .map(({ latency, pause }) => latency ?? pause);
}

/** Of the answers to Tab. */
function afterAcceptance(all: readonly Measured[]): number[] {
  return all.flatMap(({ keys }) =>
    keys.slice(1).flatMap(({ latency, pause }, i) => (keys[i]?.accepted === "" ? [] : [latency ?? pause])),
  );
}

function shownAtPauses(all: readonly Measured[]): number[] {
  return keysOf(all).flatMap(({ pause, shown, latency }) =>
    pause >= shortestPause && shown !== undefined && latency !== undefined ? [latency] : [],
  );
}

function share<T>(values: readonly T[], holds: (value: T) => boolean): number {
  return values.filter(holds).length / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function number(value: number): string {
  if (!Number.isFinite(value)) return "";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
