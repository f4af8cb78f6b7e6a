// The page "Compare Models": what each model keeps of what was written, as a table and as bars, and which one to use.

import type {
  CandidateReport,
  ComparisonMessage,
  ComparisonReport,
  ComparisonState,
  ComparisonStrings,
  Estimate,
} from "../../src/shared/comparison.ts";
import { element } from "../components.ts";
import { createBars } from "./bars.ts";
import type { OpenedPage, Say } from "./page.ts";

export function comparisonPage(strings: ComparisonStrings, say: Say<ComparisonMessage>): OpenedPage<ComparisonState> {
  const { lang } = document.documentElement;
  const one = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
  const time = new Intl.NumberFormat(lang, { style: "unit", unit: "millisecond", maximumFractionDigits: 0 });
  const size = new Intl.NumberFormat(lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 0 });

  const description = element("p", "");
  const state = element("p", "state");
  state.setAttribute("role", "status");
  const progress = element("progress", "");
  progress.setAttribute("aria-label", strings.progress);
  const places = element("p", "note");
  const recommendation = element("p", "recommendation");
  const problem = element("p", "problem");
  problem.setAttribute("role", "alert");
  const rows = element("tbody", "");
  const headings = Object.values(strings.columns).map((words) => {
    const cell = element("th", "", words);
    cell.scope = "col";
    return cell;
  });
  const table = element("table", "summary", element("thead", "", element("tr", "", ...headings)), rows);
  const bars = createBars({
    title: strings.columns.kept,
    columns: { label: strings.columns.model, value: strings.columns.kept },
    format: (value) => one.format(value),
  });
  const faults = element("ul", "faults");
  const stop = button(strings.stop, "", () => say({ type: "stop" }));
  const again = button(strings.again, "", () => say({ type: "again" }));
  const use = button("", "primary", () => say({ type: "use", candidate: best }));
  let best = 0;
  const notes = element("div", "note", ...strings.notes.map((words) => element("p", "", words)));
  const measured = element("div", "", element("div", "wide", table), element("div", "wide", bars.node));
  const heading = element("header", "", element("h1", "", strings.title), description);
  const buttons = element("div", "buttons", use, stop, again);
  const node = element(
    "main",
    "page",
    heading,
    state,
    progress,
    places,
    problem,
    recommendation,
    buttons,
    measured,
    faults,
    notes,
  );

  /** A screen reader says again what is written again. */
  const write = (into: HTMLElement, text: string | undefined) => {
    if (into.textContent !== (text ?? "")) into.textContent = text ?? "";
    into.hidden = text === undefined || text === "";
  };

  const rowOf = (candidate: CandidateReport, number: number, report: ComparisonReport): HTMLElement => {
    const { figures } = candidate;
    const name = element("th", "", labelOf(candidate, report));
    name.scope = "row";
    const isBest = number === report.best && report.recommendation !== undefined;
    if (isBest) name.append(" ", element("span", "badge", strings.recommended));
    if (!figures) {
      const cell = element("td", "words", strings.models[candidate.state]);
      cell.colSpan = headings.length - 1;
      return element("tr", "", name, cell);
    }
    const range = ({ low, high }: Estimate) => `${one.format(low)}–${one.format(high)}`;
    const cells = [
      `${one.format(figures.kept.mean)} (${range(figures.kept)})`,
      figures.behind ? `${one.format(figures.behind.mean)} (${range(figures.behind)})` : "–",
      share.format(figures.exact),
      share.format(figures.shown),
      time.format(figures.p50),
      time.format(figures.p95),
      figures.memory === undefined ? "–" : size.format(figures.memory / 1e6),
    ];
    return element("tr", isBest ? "best" : "", name, ...cells.map((words) => element("td", "", words)));
  };

  const showMeasured = (report: ComparisonReport) => {
    rows.replaceChildren(...report.candidates.map((each, number) => rowOf(each, number, report)));
    const shown = report.candidates.flatMap((each) =>
      each.figures ? [{ label: labelOf(each, report), value: each.figures.kept.mean }] : [],
    );
    bars.node.hidden = shown.length === 0;
    bars.show(shown);
    const said = report.candidates.flatMap((each) => {
      const words = [each.problem, each.fallback].filter((text) => text !== undefined);
      return words.map((text) => element("li", "", `${labelOf(each, report)}: ${text}`));
    });
    faults.hidden = said.length === 0;
    faults.replaceChildren(...said);
    const counts = [report.lines, report.blocks, report.commits];
    write(
      places,
      strings.places.replace(/\{(\d)\}/g, (_, i) => String(counts[Number(i)])),
    );
    write(recommendation, report.recommendation);
    progress.value = Math.min(1, report.elapsed / (report.minutes * 60_000));
    best = report.best ?? 0;
    const winner = report.candidates[best];
    if (winner) use.textContent = strings.use.replace("{0}", labelOf(winner, report));
  };

  return {
    node,
    show: ({ folder, isRunning, report, problem: failure }) => {
      write(description, strings.description.replace("{0}", folder));
      write(problem, failure);
      write(state, failure === undefined ? strings.states[report?.state ?? "finding"] : undefined);
      progress.hidden = !isRunning;
      stop.hidden = !isRunning;
      again.hidden = isRunning;
      use.hidden = isRunning || report?.recommendation === undefined;
      measured.hidden = !report;
      if (report) {
        showMeasured(report);
        return;
      }
      progress.removeAttribute("value");
      for (const each of [places, recommendation, faults]) each.hidden = true;
    },
  };
}

/** What tells a candidate from the others. */
function labelOf(
  { name, file, quantization, label: settings = "" }: CandidateReport,
  { candidates }: ComparisonReport,
): string {
  const label = [name, quantization, settings].filter((part) => part !== "").join(" · ");
  const alike = candidates.filter(
    (each) => each.name === name && each.quantization === quantization && each.file !== file,
  );
  return alike.length > 0 ? `${label} · ${file}` : label;
}

function button(label: string, className: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}
