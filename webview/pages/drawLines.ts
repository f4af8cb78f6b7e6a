// Draws lines with their axes into a drawing of a given width.

import { evenTicks, linearScale, niceTicks } from "./scale.ts";
import { svg } from "./svg.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `look`, from 0 to 3, is its colour and its dashes, which stay its own when other lines come and go. */
export interface Line {
  readonly label: string;
  readonly look: number;
  readonly points: readonly Point[];
}

interface Axes {
  readonly width: number;
  readonly top?: number;
  readonly gap?: number;
  readonly formatTick: (x: number) => string;
  readonly formatY: (y: number) => string;
}

export interface Drawing {
  /** What lies at a distance from the left edge. */
  placeAt(pixels: number): number;
  /** Marks a place with its points. */
  mark(x: number | undefined): void;
}

/** Pixels. */
const height = 150;
const above = 8;
const below = 22;
const letter = 7;

export function drawLines(
  drawing: SVGSVGElement,
  lines: readonly Line[],
  range: readonly [number, number],
  { width, top, gap = Infinity, formatTick, formatY }: Axes,
): Drawing {
  const highest = top ?? Math.max(...lines.map(({ points }) => points.reduce((most, { y }) => Math.max(most, y), 0)));
  const ticks = niceTicks(highest, 3);
  const words = ticks.map(formatY);
  const left = 10 + letter * Math.max(...words.map(({ length }) => length));
  const right = width - 8;
  const bottom = height - below;
  const toX = linearScale(range, [left, right]);
  const toPlace = linearScale([left, right], range);
  const toY = linearScale([0, ticks.at(-1) ?? 1], [bottom, above]);

  const rows = ticks.map((tick, index) =>
    svg(
      "g",
      { class: "tick" },
      svg("line", { x1: left, x2: right, y1: toY(tick), y2: toY(tick) }),
      svg("text", { x: left - 6, y: toY(tick) + 4, "text-anchor": "end" }, words[index] ?? ""),
    ),
  );
  const columns = evenTicks(...range, width < 400 ? 2 : 4).map((tick, index, all) => {
    const anchor = index === 0 ? "start" : index === all.length - 1 ? "end" : "middle";
    return svg("text", { class: "tick", x: toX(tick), y: height - 5, "text-anchor": anchor }, formatTick(tick));
  });
  const paths = lines.map(({ look, points }) =>
    svg("path", { class: `line look-${look}`, d: pathOf(points, gap, toX, toY) }),
  );
  // What is joined to nothing would not be seen as a line.
  const dots = lines.flatMap(({ look, points }) =>
    points
      .filter(({ x }, index) => isFar(points[index - 1]?.x, x, gap) && isFar(x, points[index + 1]?.x, gap))
      .map(({ x, y }) => svg("circle", { class: `dot look-${look}`, cx: toX(x), cy: toY(y), r: 2 })),
  );
  const marks = svg("g", { class: "marks" });
  drawing.setAttribute("height", String(height));
  drawing.replaceChildren(...rows, ...columns, ...paths, ...dots, marks);
  return {
    placeAt: toPlace,
    mark: (x) => {
      marks.replaceChildren();
      if (x === undefined) return;
      marks.append(svg("line", { x1: toX(x), x2: toX(x), y1: above, y2: bottom }));
      for (const { look, points } of lines) {
        const point = points.find((each) => each.x === x);
        if (point) marks.append(svg("circle", { class: `dot look-${look}`, cx: toX(x), cy: toY(point.y), r: 4 }));
      }
    },
  };
}

function isFar(before: number | undefined, after: number | undefined, gap: number): boolean {
  return before === undefined || after === undefined || after - before > gap;
}

function pathOf(points: readonly Point[], gap: number, toX: (x: number) => number, toY: (y: number) => number): string {
  const pieces = points.map(({ x, y }, index) => {
    const begins = isFar(points[index - 1]?.x, x, gap);
    return `${begins ? "M" : "L"}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`;
  });
  return pieces.join("");
}
