// Plots of any values: the axes end at round values above them, gaps stay open, and bars stand beside their marks.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";

import type { Page } from "playwright-core";

import { webviewHtml } from "../../../src/webviewHtml.ts";
import type { Line } from "../../../webview/pages/linePlot.ts";
import { niceTicks } from "../../../webview/pages/scale.ts";
import fc from "../../support/fastCheck.ts";
import { launchBrowser } from "../browser.ts";
import type { plots } from "./plots.ts";

declare global {
  interface Window {
    plots: typeof plots;
  }
}

const { open, close } = await launchBrowser<never>({ plots: "test/webview/pages/plots.ts" }, (origin) =>
  webviewHtml({
    ...{ cspSource: origin, nonce: randomUUID(), language: "en", strings: {} },
    ...{ script: `${origin}/plots.js`, style: `${origin}/plots.css` },
  }),
);
after(close);

test("ticks begin at 0, are at equal distances and reach the highest value", () => {
  const positive = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(positive, fc.integer({ min: 2, max: 6 }), (highest, count) => {
      const ticks = niceTicks(highest, count);
      const last = ticks.at(-1) ?? 0;
      assert.equal(ticks[0], 0);
      assert.ok(last >= highest * (1 - 1e-6), `${last} is below ${highest}`);
      assert.ok(ticks.length <= count + 2, `${ticks.length} ticks`);
    }),
  );
  assert.deepEqual(niceTicks(43, 3), [0, 20, 40, 60]);
  assert.deepEqual(niceTicks(1, 3), [0, 0.5, 1]);
  assert.deepEqual(niceTicks(0, 3), [0, 1], "of values that are all 0 there is still an axis");
});

async function showLines(page: Page, lines: readonly Line[]): Promise<void> {
  await page.evaluate((shown) => {
    const plot = window.plots.createLinePlot({
      ...{ title: "Rain", along: "Day", formatX: String, formatTick: String, formatY: String, gap: 2 },
      strings: { asTable: "As a table", nothing: "No rain", useArrowKeys: "Use arrows" },
    });
    document.querySelector("main")?.replaceChildren(plot.node);
    plot.show(shown, 0, 10);
  }, lines);
}

test("a line is open where points are missing, and a point alone is a dot", async () => {
  const { page, complaints } = await open({ width: 250 });
  const at = (...places: number[]) => places.map((x) => ({ x, y: x }));
  await showLines(page, [{ label: "Hills", look: 0, points: at(0, 1, 2, 6, 9, 10) }]);
  const path = (await page.locator("path").getAttribute("d")) ?? "";
  assert.equal(path.match(/M/g)?.length, 3, path);
  assert.equal(await page.locator("circle").count(), 1);
  assert.equal(await page.locator(".legend").isVisible(), false, "one line needs no legend");
  await showLines(page, [{ label: "Hills", look: 0, points: [] }]);
  assert.equal(await page.locator(".nothing").isVisible(), true);
  assert.equal(await page.locator(".drawing").isVisible(), false);
  assert.deepEqual(complaints, []);
});

test("bars are a table, as long as their values, with a mark where there is something to hold them against", async () => {
  const { page, complaints, screenshot } = await open({ width: 400 });
  await page.evaluate(() => {
    const bars = window.plots.createBars({
      ...{ title: "Scores", top: 100, format: (value) => `${value}%` },
      columns: { label: "Test", value: "Here", reference: "Published" },
    });
    document.querySelector("main")?.replaceChildren(bars.node);
    bars.show([
      { label: "MMLU", value: 50, reference: 75 },
      { label: "ARC", value: 25 },
      { label: "TruthfulQA", value: 10, reference: 0 },
    ]);
  });
  await screenshot("bars");
  const rows = await page
    .locator("tbody tr")
    .evaluateAll((all) =>
      all.map((row) => [
        ...[...row.querySelectorAll("th, td:not(.bar)")].map(({ textContent }) => textContent),
        row.querySelector("rect")?.getAttribute("width"),
        row.querySelector("line")?.getAttribute("x1") ?? "none",
      ]),
    );
  assert.deepEqual(rows, [
    ["MMLU", "50%", "75%", "50%", "75%"],
    ["ARC", "25%", "", "25%", "none"],
    ["TruthfulQA", "10%", "0%", "10%", "0%"],
  ]);
  assert.deepEqual(complaints, []);
});
