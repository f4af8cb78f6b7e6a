// Values as horizontal bars, each with a mark of what it is held against. It is a table, as screen readers read it.

import { element } from "../components.ts";
import { linearScale } from "./scale.ts";
import { svg } from "./svg.ts";

export interface Bar {
  readonly label: string;
  /** What is to be known of the value. */
  readonly note?: string;
  /** Whether the bar is there for the others to be held against. */
  readonly isOther?: boolean;
  readonly value: number;
  /** What the value is held against. */
  readonly reference?: number;
}

export interface BarsOptions {
  readonly title: string;
  /** The headings of the columns. `reference` is left out where no bar has one. */
  readonly columns: { readonly label: string; readonly value: string; readonly reference?: string };
  readonly format: (value: number) => string;
  /** Where the longest bar ends; the highest value unless given. */
  readonly top?: number;
}

export interface Bars {
  readonly node: HTMLElement;
  show(bars: readonly Bar[]): void;
}

export function createBars({ title, columns, format, top }: BarsOptions): Bars {
  const body = element("tbody", "");
  const caption = element("caption", "", title);
  const headings = [columns.label, "", columns.value, ...(columns.reference === undefined ? [] : [columns.reference])];
  const head = headings.map((words) => {
    const cell = element(words === "" ? "td" : "th", words === "" ? "bar" : "", words);
    if (cell instanceof HTMLTableCellElement && words !== "") cell.scope = "col";
    return cell;
  });
  const node = element("table", "bars", caption, element("thead", "", element("tr", "", ...head)), body);
  return {
    node,
    show: (bars) => {
      const longest = top ?? Math.max(...bars.flatMap(({ value, reference = 0 }) => [value, reference]), 0);
      const toPercent = linearScale([0, longest], [0, 100]);
      body.replaceChildren(
        ...bars.map(({ label, note, value, reference, isOther = false }) => {
          const heading = element("th", "", label, ...(note === undefined ? [] : [element("div", "note", note)]));
          heading.scope = "row";
          const cells = [element("td", "bar", drawBar(toPercent(value), reference && toPercent(reference)))];
          cells.push(element("td", "", format(value)));
          if (columns.reference !== undefined) {
            cells.push(element("td", "", reference === undefined ? "" : format(reference)));
          }
          return element("tr", isOther ? "other" : "", heading, ...cells);
        }),
      );
    },
  };
}

function drawBar(percent: number, reference: number | undefined): SVGElement {
  const bar = svg("rect", { class: "fill", y: 3, height: 10, width: `${percent}%` });
  const mark = { class: "reference", x1: `${reference}%`, x2: `${reference}%`, y1: 0, y2: 16 };
  const marks = reference === undefined ? [] : [svg("line", mark)];
  return svg("svg", { height: 16, "aria-hidden": "true" }, bar, ...marks);
}
