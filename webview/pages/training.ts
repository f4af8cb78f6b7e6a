// The page "Fine-Tuning": where a run stands, and its losses over its steps.

import type { Loss, TrainingPageState, TrainingStrings } from "../../src/shared/trainingPage.ts";
import { element } from "../components.ts";
import { fill } from "./fill.ts";
import { createLinePlot } from "./linePlot.ts";
import type { OpenedPage } from "./page.ts";

export function trainingPage(strings: TrainingStrings): OpenedPage<TrainingPageState> {
  const { lang } = document.documentElement;
  const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
  const share = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
  const threeDecimals = new Intl.NumberFormat(lang, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const plot = createLinePlot({
    title: strings.loss,
    strings: strings.plot,
    along: strings.step,
    formatX: (step) => whole.format(step),
    formatTick: (step) => whole.format(step),
    formatY: (loss) => threeDecimals.format(loss),
  });
  const state = element("p", "");
  state.ariaLive = "polite";
  const progress = element("p", "");
  const cause = element("p", "");
  const heading = element("header", "", element("h1", "", strings.title), state);
  const node = element("main", "page", heading, progress, cause, plot.node);

  return {
    node,
    show: ({ state: name, learned, heldOut, best, fraction, cause: words = "" }) => {
      // A screen reader says it again when it is written again.
      if (state.textContent !== strings.states[name]) state.textContent = strings.states[name];
      cause.textContent = words;
      const step = learned.at(-1)?.step ?? 0;
      const before = heldOut[0]?.loss ?? 0;
      const sentences = [
        ...(step > 0 ? [fill(strings.progress, whole.format(step), share.format(fraction))] : []),
        ...(best
          ? [fill(strings.best, whole.format(best.step), threeDecimals.format(best.loss), threeDecimals.format(before))]
          : []),
      ];
      progress.textContent = sentences.join(" ");
      plot.show(
        [
          { label: strings.learned, look: 0, points: pointsOf(learned) },
          { label: strings.heldOut, look: 1, points: pointsOf(heldOut) },
        ],
        0,
        Math.max(1, step),
      );
    },
  };
}

function pointsOf(losses: readonly Loss[]): { x: number; y: number }[] {
  return losses.map(({ step, loss }) => ({ x: step, y: loss }));
}
