// Values over time as lines: axes with words, the values at the pointer or at the arrow keys, and all of them as a table.

import type { PlotStrings } from "../../src/shared/pages.ts";
import { element } from "../components.ts";
import { drawLines, type Drawing, type Line } from "./drawLines.ts";
import { svg } from "./svg.ts";

export type { Line } from "./drawLines.ts";

export interface LinePlotOptions {
  readonly title: string;
  readonly strings: PlotStrings;
  /** What the values lie along, as the heading of the table's first column. */
  readonly along: string;
  readonly formatX: (x: number) => string;
  /** As it is written below the axis, which has little room. */
  readonly formatTick: (x: number) => string;
  readonly formatY: (y: number) => string;
  /** The highest value that there can be, where there is one. */
  readonly top?: number;
  /** Points further apart than this are not joined. */
  readonly gap?: number;
}

export interface LinePlot {
  readonly node: HTMLElement;
  /** Lines that have no point are left out. */
  show(lines: readonly Line[], from: number, to: number): void;
}

export function createLinePlot(options: LinePlotOptions): LinePlot {
  const { title, strings, along, formatX, formatY } = options;
  const drawing = svg("svg", { class: "drawing", role: "img", tabindex: 0 });
  const legend = element("ul", "legend");
  const values = element("p", "values");
  values.ariaLive = "polite";
  const table = element("table", "");
  const details = element("details", "", element("summary", "", strings.asTable), element("div", "table", table));
  const nothing = element("p", "nothing", strings.nothing);
  const node = element("figure", "plot", element("figcaption", "", title), legend, drawing, values, nothing, details);
  let lines: readonly Line[] = [];
  let range: readonly [number, number] = [0, 1];
  let drawn: Drawing | undefined;
  /** The place along the axis whose values are told. */
  let at: number | undefined;

  const draw = () => {
    const isEmpty = lines.length === 0;
    for (const part of [drawing, values, details]) part.toggleAttribute("hidden", isEmpty);
    nothing.hidden = !isEmpty;
    legend.hidden = lines.length < 2;
    if (isEmpty || node.clientWidth === 0) return;
    drawn = drawLines(drawing, lines, range, { ...options, width: drawing.clientWidth });
    tell();
    if (details.open) fillTable();
  };

  const tell = () => {
    const x = at === undefined ? undefined : nearest(places(lines), at);
    drawn?.mark(x);
    if (x === undefined) {
      // Keeps its line, so that nothing moves when the pointer comes.
      values.replaceChildren("\u00a0");
      return;
    }
    const told = lines.flatMap(({ label, points }) => {
      const point = points.find((each) => each.x === x);
      return point ? [lines.length > 1 ? `${label}: ${formatY(point.y)}` : formatY(point.y)] : [];
    });
    values.textContent = [formatX(x), ...told].join(" · ");
  };

  const fillTable = () => {
    const head = [along, ...lines.map(({ label }) => label)].map((words) => {
      const cell = element("th", "", words);
      cell.scope = "col";
      return cell;
    });
    const byPlace = lines.map(({ points }) => new Map(points.map(({ x, y }) => [x, y])));
    const rows = places(lines)
      .toReversed()
      .map((x) => {
        const cells = byPlace.map((column) => {
          const y = column.get(x);
          return element("td", "", y === undefined ? "" : formatY(y));
        });
        const heading = element("th", "", formatX(x));
        heading.scope = "row";
        return element("tr", "", heading, ...cells);
      });
    table.replaceChildren(element("thead", "", element("tr", "", ...head)), element("tbody", "", ...rows));
  };

  const point = (x: number | undefined) => {
    at = x;
    tell();
  };
  drawing.addEventListener("pointermove", (event) => point(drawn?.placeAt(event.offsetX)));
  drawing.addEventListener("pointerleave", () => point(undefined));
  drawing.addEventListener("focus", () => point(range[1]));
  drawing.addEventListener("blur", () => point(undefined));
  drawing.addEventListener("keydown", (event) => {
    const all = places(lines);
    const now = at === undefined ? all.length : all.indexOf(nearest(all, at) ?? 0);
    const steps: Record<string, number> = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: all.length - 1 };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    point(all[Math.max(0, Math.min(next, all.length - 1))]);
  });
  details.addEventListener("toggle", () => {
    if (details.open) fillTable();
  });
  new ResizeObserver(draw).observe(node);

  return {
    node,
    show: (shown, from, to) => {
      lines = shown.filter(({ points }) => points.length > 0);
      range = [from, to];
      const latest = lines.map(({ label, points }) => `${label} ${formatY(points.at(-1)?.y ?? 0)}`);
      drawing.ariaLabel = `${title}. ${latest.join(", ")}. ${strings.useArrowKeys}`;
      legend.replaceChildren(...lines.map(({ label, look }) => element("li", "", sampleOf(look), label)));
      draw();
    },
  };
}

function sampleOf(look: number): SVGElement {
  const line = svg("line", { class: `line look-${look}`, x1: 0, x2: 24, y1: 5, y2: 5 });
  return svg("svg", { class: "sample", width: 24, height: 10, "aria-hidden": "true" }, line);
}

/** All that some line has a point at, in order. */
function places(lines: readonly Line[]): number[] {
  return [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
}

function nearest(sorted: readonly number[], x: number): number | undefined {
  let best: number | undefined;
  for (const each of sorted) if (best === undefined || Math.abs(each - x) <= Math.abs(best - x)) best = each;
  return best;
}
