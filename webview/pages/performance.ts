// The page "Performance": what the last hour came to, as a table and as plots over time.

import type {
  PerformanceHistory,
  PerformanceInterval,
  PerformanceStrings,
  RequestKind,
  RequestSums,
} from "../../src/shared/performance.ts";
import { element } from "../components.ts";
import { createLinePlot, type Line, type LinePlot, type LinePlotOptions } from "./linePlot.ts";
import type { OpenedPage } from "./page.ts";

const kinds: readonly RequestKind[] = ["completion", "chat"];

/** Milliseconds over which acceptance is added up: a suggestion alone is accepted or not. */
const acceptanceWindow = 300_000;

/** A figure of some requests; undefined where they have none. */
type Figure = (sums: RequestSums) => number | undefined;

const figures = {
  tokensPerSecond: ({ laterTokens, laterTime }) => (laterTime > 0 ? (laterTokens / laterTime) * 1000 : undefined),
  firstToken: ({ firstToken, begun }) => (begun > 0 ? firstToken / begun : undefined),
  duration: ({ duration, requests }) => (requests > 0 ? duration / requests : undefined),
  reused: ({ reused, prompt }) => (prompt > 0 ? reused / prompt : undefined),
} as const satisfies Record<string, Figure>;

export function performancePage(strings: PerformanceStrings): OpenedPage<PerformanceHistory> {
  const { lang } = document.documentElement;
  const time = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const minutes = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
  const threeDigits = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 });
  const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
  const share = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
  const formats = {
    tokensPerSecond: (value: number) => threeDigits.format(value),
    firstToken: (value: number) => formatDuration(value, lang),
    duration: (value: number) => formatDuration(value, lang),
    reused: (value: number) => share.format(value),
  };

  const plot = (title: string, formatY: (y: number) => string, more: Partial<LinePlotOptions> = {}): LinePlot =>
    createLinePlot({
      ...{ title, strings: strings.plot, along: strings.time, formatY },
      formatX: (x) => time.format(x),
      formatTick: (x) => minutes.format(x),
      gap: 60_000,
      ...more,
    });
  const plots = {
    tokensPerSecond: plot(strings.tokensPerSecond, formats.tokensPerSecond),
    firstToken: plot(strings.firstToken, formats.firstToken),
    duration: plot(strings.duration, formats.duration),
    reused: plot(strings.reused, formats.reused, { top: 1 }),
  };
  const acceptance = plot(strings.acceptance, formats.reused, { top: 1 });

  const empty = element("section", "empty", element("h2", "", strings.emptyTitle), element("p", "", strings.emptyText));
  const rows = element("tbody", "");
  const { kind, requests, ...measured } = strings.columns;
  const headings = [kind, requests, ...Object.values(measured)].map((words) => {
    const cell = element("th", "", words);
    cell.scope = "col";
    return cell;
  });
  const summary = element("table", "summary", element("thead", "", element("tr", "", ...headings)), rows);
  const all = [...Object.values(plots), acceptance].map(({ node }) => node);
  const content = element("div", "", element("div", "wide", summary), element("div", "plots", ...all));
  const heading = element("header", "", element("h1", "", strings.title), element("p", "", strings.description));
  const node = element("main", "page", heading, empty, content);
  content.hidden = true;
  empty.hidden = true;

  return {
    node,
    show: ({ now, interval, span, intervals }) => {
      empty.hidden = intervals.length > 0;
      content.hidden = intervals.length === 0;
      const figureNames = Object.keys(figures) as (keyof typeof figures)[];
      rows.replaceChildren(
        ...kinds.flatMap((each) => {
          const sums = addUp(intervals, each);
          if (!sums) return [];
          const name = element("th", "", strings.kinds[each]);
          name.scope = "row";
          const cells = figureNames.map((figure) => {
            const value = figures[figure](sums);
            return element("td", "", value === undefined ? "–" : formats[figure](value));
          });
          return [element("tr", "", name, element("td", "", whole.format(sums.requests)), ...cells)];
        }),
      );
      const from = Math.max(now - span, (intervals[0]?.start ?? now) - 6 * interval);
      for (const figure of figureNames) {
        plots[figure].show(
          kinds.map((each, look) => lineOf(strings.kinds[each], look, intervals, each, figures[figure])),
          from,
          now,
        );
      }
      acceptance.show([{ label: strings.accepted, look: 0, points: acceptedOf(intervals) }], from, now);
    },
  };
}

function lineOf(
  label: string,
  look: number,
  intervals: readonly PerformanceInterval[],
  kind: RequestKind,
  figure: Figure,
): Line {
  const points = intervals.flatMap(({ start, [kind]: sums }) => {
    const y = sums && figure(sums);
    return y === undefined ? [] : [{ x: start, y }];
  });
  return { label, look, points };
}

function addUp(intervals: readonly PerformanceInterval[], kind: RequestKind): RequestSums | undefined {
  return intervals
    .flatMap(({ [kind]: sums }) => sums ?? [])
    .reduce<RequestSums | undefined>((total, sums) => {
      if (!total) return sums;
      const keys = Object.keys(sums) as (keyof RequestSums)[];
      return Object.fromEntries(keys.map((key) => [key, total[key] + sums[key]])) as unknown as RequestSums;
    }, undefined);
}

/** At each interval with suggestions, what part of those of the minutes up to it were accepted. */
function acceptedOf(intervals: readonly PerformanceInterval[]): Line["points"] {
  return intervals.flatMap(({ start, shown }) => {
    if (shown === 0) return [];
    const recent = intervals.filter((each) => each.start > start - acceptanceWindow && each.start <= start);
    const total = recent.reduce((sum, each) => sum + each.shown, 0);
    const accepted = recent.reduce((sum, each) => sum + each.accepted, 0);
    return [{ x: start, y: Math.min(accepted / total, 1) }];
  });
}

function formatDuration(milliseconds: number, lang: string): string {
  const [value, unit] = milliseconds < 1000 ? [milliseconds, "millisecond"] : [milliseconds / 1000, "second"];
  const digits = unit === "second" ? 1 : 0;
  return new Intl.NumberFormat(lang, {
    style: "unit",
    unitDisplay: "narrow",
    unit,
    maximumFractionDigits: digits,
  }).format(value);
}
