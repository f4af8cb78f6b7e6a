// The page "Evaluation": a chart for each test, the published scores with their sources, and two models compared.

import { type EvaluationResult, type EvaluationRun, evaluationTests, runsCode } from "../../src/shared/evaluation.ts";
import type { EvaluationPageMessage, EvaluationPageState, EvaluationStrings } from "../../src/shared/evaluationPage.ts";
import { element } from "../components.ts";
import { createBars } from "./bars.ts";
import { createComparison } from "./evaluationComparison.ts";
import type { OpenedPage, Say } from "./page.ts";
import { fill } from "./fill.ts";

/** A result, and the run that it is of. */
interface Measured {
  readonly run: EvaluationRun;
  readonly result: EvaluationResult;
}

export function evaluationPage(
  strings: EvaluationStrings,
  say: Say<EvaluationPageMessage>,
): OpenedPage<EvaluationPageState> {
  const { lang } = document.documentElement;
  const points = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(lang);
  const inPoints = (score: number) => points.format(100 * score);
  const empty = element("section", "empty", element("h2", "", strings.emptyTitle), element("p", "", strings.emptyText));
  const heading = element("header", "", element("h1", "", strings.title), element("p", "", strings.description));
  const charts = element("div", "");
  const comparison = createComparison(strings, { points, whole }, say);
  const sources = element("section", "");
  const node = element("main", "page", heading, empty, charts, comparison.node, sources);

  const noteOf = ({ questions, standardError }: EvaluationResult) =>
    standardError === undefined
      ? fill(strings.measuredWithoutError, whole.format(questions))
      : fill(strings.measured, whole.format(questions), inPoints(standardError));

  const chartOf = (test: EvaluationResult["test"], { runs, published }: EvaluationPageState) => {
    const measured = runs.flatMap((run) =>
      run.results.filter((result) => result.test === test).map((result) => ({ run, result })),
    );
    if (measured.length === 0) return [];
    const bars = createBars({
      title: strings.tests[test],
      columns: { label: strings.model, value: strings.score },
      format: inPoints,
      top: 1,
    });
    bars.show([
      ...measured.map(({ run, result }) => ({ label: run.model.name, note: noteOf(result), value: result.score })),
      ...published.flatMap(({ model, scores: { [test]: value } }) =>
        value === undefined ? [] : [{ label: model, note: strings.published, value, isOther: true }],
      ),
    ]);
    const unfit = runsCode(test) ? strings.notAsked : strings.cut;
    const notes = measured
      .filter(({ result }) => result.cut > 0)
      .map(({ run, result: { cut, questions } }) =>
        element("p", "note", `${run.model.name}: ${fill(unfit, whole.format(cut), whole.format(questions))}`),
      );
    return [element("section", "", bars.node, ...notes, ...measured.map(detailsOf))];
  };

  const detailsOf = ({ run, result }: Measured) => {
    const { model = "", contextSize = "" } = result.settings;
    const facts = tableOf(
      [strings.hash, strings.device, strings.contextSize],
      [[String(model), result.device, whole.format(Number(contextSize))]],
    );
    const subjects = tableOf(
      [strings.subject, strings.score, strings.questions],
      result.subjects.map(({ subject, score, questions }) => [
        subject.replaceAll("_", " "),
        inPoints(score),
        whole.format(questions),
      ]),
    );
    const parts = result.subjects.length > 1 ? [element("h3", "", strings.subjects), subjects] : [];
    return element("details", "", element("summary", "", `${strings.details}: ${run.model.name}`), facts, ...parts);
  };

  return {
    node,
    show: (state) => {
      const isEmpty = state.runs.every(({ results }) => results.length === 0);
      empty.hidden = !isEmpty;
      charts.replaceChildren(...evaluationTests.flatMap((test) => chartOf(test, state)));
      comparison.show(state);
      const rows = state.published.map(({ model, scores, source }) => [
        model,
        ...evaluationTests.map((test) => (scores[test] === undefined ? "–" : inPoints(scores[test]))),
        linkTo(source),
      ]);
      const columns = [strings.model, ...evaluationTests.map((test) => strings.tests[test]), strings.source];
      sources.replaceChildren(element("h2", "", strings.sources), tableOf(columns, rows));
    },
  };
}

/** Of each row the first cell is its heading. */
function tableOf(columns: readonly string[], rows: readonly (readonly (string | Node)[])[]): HTMLElement {
  const headings = columns.map((words) => scoped("col", words));
  const lines = rows.map(([first = "", ...rest]) =>
    element("tr", "", scoped("row", first), ...rest.map((cell) => element("td", "", cell))),
  );
  const head = element("thead", "", element("tr", "", ...headings));
  return element("div", "wide", element("table", "", head, element("tbody", "", ...lines)));
}

function scoped(scope: "row" | "col", words: string | Node): HTMLElement {
  const cell = element("th", "", words);
  cell.scope = scope;
  return cell;
}

function linkTo(address: string): HTMLElement {
  const link = element("a", "", address.replace(/^https:\/\//, ""));
  link.href = address;
  return link;
}
