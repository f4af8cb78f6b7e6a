// Two models on the questions that both answered: which are compared, and what came out.

import { type EvaluationRun, type EvaluationTest, evaluationTests } from "../../src/shared/evaluation.ts";
import type { EvaluationPageMessage, EvaluationPageState, EvaluationStrings } from "../../src/shared/evaluationPage.ts";
import { element } from "../components.ts";
import { fill } from "./fill.ts";
import type { Say } from "./page.ts";

interface Formats {
  readonly points: Intl.NumberFormat;
  readonly whole: Intl.NumberFormat;
}

export function createComparison(
  strings: EvaluationStrings,
  { points, whole }: Formats,
  say: Say<EvaluationPageMessage>,
) {
  const { lang } = document.documentElement;
  const time = new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "short" });
  const probability = new Intl.NumberFormat(lang, { maximumSignificantDigits: 2 });
  const first = element("select", "");
  const second = element("select", "");
  first.ariaLabel = strings.compare;
  second.ariaLabel = strings.compareWith;
  const button = element("button", "", strings.compareButton);
  button.type = "button";
  const outcome = element("p", "");
  outcome.setAttribute("role", "status");
  const controls = element("p", "controls", first, ` ${strings.compareWith} `, second, " ", button);
  const node = element("section", "", element("h2", "", strings.compare), controls, outcome);

  /** The last comparison, which comes with each state: others may have been chosen since. */
  let shown = "";
  /** Only what has the same test can be compared: the second follows the first. */
  let runs: readonly EvaluationRun[] = [];
  const offers = () =>
    evaluationTests.flatMap((test) => {
      const having = runs.filter(({ results }) => results.some((result) => result.test === test));
      return having.length < 2 ? [] : having.map((run) => ({ test, run }));
    });
  const fillSecond = () => {
    const [test, id] = read(first);
    refill(
      second,
      offers().filter(({ test: its, run }) => its === test && run.id !== id),
    );
  };
  const refill = (list: HTMLSelectElement, rows: ReturnType<typeof offers>) => {
    const chosen = list.value;
    list.replaceChildren(
      ...rows.map(({ test, run: { id, model, started } }) => {
        const option = element("option", "", `${strings.tests[test]} · ${model.name} · ${time.format(started)}`);
        option.value = `${test} ${id}`;
        return option;
      }),
    );
    if (rows.some(({ test, run }) => `${test} ${run.id}` === chosen)) list.value = chosen;
  };
  first.addEventListener("change", () => {
    fillSecond();
    outcome.replaceChildren();
  });
  // What it says is of those that stood there.
  second.addEventListener("change", () => outcome.replaceChildren());
  button.addEventListener("click", () => {
    const [test, id] = read(first);
    const [, other] = read(second);
    shown = "";
    if (other) say({ type: "compare", test: test as EvaluationTest, first: id, second: other });
  });

  return {
    node,
    show: ({ runs: all, comparison }: EvaluationPageState) => {
      runs = all;
      node.hidden = offers().length === 0;
      refill(first, offers());
      const now = JSON.stringify(comparison ?? null);
      const isNew = now !== shown;
      shown = now;
      if (isNew && comparison) first.value = `${comparison.test} ${comparison.first}`;
      fillSecond();
      if (!isNew) return;
      outcome.replaceChildren();
      if (!comparison) return;
      second.value = `${comparison.test} ${comparison.second}`;
      const { questions, difference, standardError, pValue, method } = comparison.outcome;
      // The outcome is of the second less the first.
      const ids = difference < 0 ? [comparison.first, comparison.second] : [comparison.second, comparison.first];
      const [better, other] = ids.map((id) => all.find((run) => run.id === id)?.model.name ?? "");
      const words = fill(
        strings.compared,
        whole.format(questions),
        better ?? "",
        points.format(100 * Math.abs(difference)),
        other ?? "",
        points.format(100 * standardError),
        probability.format(pValue),
      );
      outcome.replaceChildren(`${words} ${strings[method]}`);
    },
  };
}

function read(list: HTMLSelectElement): [string, string] {
  const [test = "", id = ""] = list.value.split(" ");
  return [test, id];
}
