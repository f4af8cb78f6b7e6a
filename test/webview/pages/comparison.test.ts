// The page "Compare Models": what it says of a comparison in each state, and that it can be read in every theme.

import assert from "node:assert/strict";
import { test } from "node:test";

import { comparisonStrings } from "../../../src/pages/comparisonStrings.ts";
import type { CandidateFigures, ComparisonReport, ComparisonState } from "../../../src/shared/comparison.ts";
import { findFaint } from "../contrast.ts";
import { findNameless } from "../names.ts";
import { type ThemeName, themes } from "../themes.ts";
import { assertFits, english, startPages } from "./openPages.ts";

const openPage = await startPages<ComparisonState>("comparison", comparisonStrings(english));

const figures: CandidateFigures = {
  kept: { mean: 14.25, low: 12.1, high: 16.4 },
  exact: 0.32,
  shown: 0.81,
  p50: 142,
  p95: 611,
  memory: 1.9e9,
};

const report: ComparisonReport = {
  state: "done",
  ...{ lines: 120, blocks: 118, commits: 64, elapsed: 60_000, minutes: 1 },
  candidates: [
    { ...{ name: "Falcon3 1B Instruct", file: "a.gguf", quantization: "Q8_0", state: "waiting" }, figures },
    {
      ...{ name: "Falcon3 1B Instruct", file: "a.gguf", quantization: "Q8_0", state: "waiting" },
      ...{ label: "Context of 1024 tokens", figures: { ...figures, behind: { mean: 0.5, low: -0.4, high: 1.4 } } },
    },
    {
      ...{ name: "Falcon Tiny Demo", file: "b.gguf", quantization: "F16", state: "waiting" },
      figures: { ...figures, kept: { mean: 6, low: 5, high: 7 }, behind: { mean: 8.25, low: 6.1, high: 10 }, p50: 31 },
    },
    {
      ...{ name: "broken.gguf", file: "broken.gguf", quantization: "", state: "failed" },
      problem: "broken.gguf is not a usable GGUF model file.",
    },
  ],
  best: 0,
  recommendation: "Use Falcon3 1B Instruct: it keeps 8.3 characters more than Falcon Tiny Demo (between 6.1 and 10.0).",
};

test("before there is a place the page says what goes on, and can be stopped", async () => {
  const { page, tell, complaints } = await openPage();
  await tell({ type: "state", state: { folder: "harbour", isRunning: true } });
  assert.equal(await page.getByRole("status").textContent(), "Looking for places in the history …");
  assert.match((await page.locator("header p").textContent()) ?? "", /latest commits of harbour\./);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  assert.deepEqual(await page.evaluate(() => window.posted as unknown[]), [{ type: "ready" }, { type: "stop" }]);
  assert.deepEqual(await page.locator("button:visible").allTextContents(), ["Stop"]);
  assert.deepEqual(complaints, []);
});

test("what was measured stands in a table, with the one to use, and why another takes no part", async () => {
  const { page, tell } = await openPage({ width: 1000 });
  await tell({ type: "state", state: { folder: "harbour", isRunning: false, report } });
  const rows = await page
    .locator(".summary tbody tr")
    .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
  assert.deepEqual(rows, [
    ["Falcon3 1B Instruct · Q8_0 recommended", "14.3 (12.1–16.4)", "–", "32%", "81%", "142 ms", "611 ms", "1,900 MB"],
    [
      "Falcon3 1B Instruct · Q8_0 · Context of 1024 tokens",
      ...["14.3 (12.1–16.4)", "0.5 (-0.4–1.4)", "32%", "81%", "142 ms", "611 ms", "1,900 MB"],
    ],
    ["Falcon Tiny Demo · F16", "6.0 (5.0–7.0)", "8.3 (6.1–10.0)", "32%", "81%", "31 ms", "611 ms", "1,900 MB"],
    ["broken.gguf", "takes no part"],
  ]);
  assert.equal(await page.locator(".recommendation").textContent(), report.recommendation);
  assert.deepEqual(await page.locator(".faults li").allTextContents(), [
    "broken.gguf: broken.gguf is not a usable GGUF model file.",
  ]);
  await page.getByRole("button", { name: "Use Falcon3 1B Instruct · Q8_0 for Inline Completions" }).click();
  await page.getByRole("button", { name: "Compare Again…" }).click();
  assert.deepEqual(await page.evaluate(() => (window.posted as unknown[]).slice(1)), [
    { type: "use", candidate: 0 },
    { type: "again" },
  ]);
});

test("while it runs the page keeps the words that did not change, so that a screen reader does not repeat them", async () => {
  const { page, tell } = await openPage();
  const running = {
    folder: "harbour",
    isRunning: true,
    report: { ...report, state: "running", elapsed: 20_000 },
  } as const;
  await tell({ type: "state", state: running });
  await page.evaluate(() => {
    const changes = new MutationObserver((all) => (document.body.dataset["changes"] = String(all.length)));
    for (const node of document.querySelectorAll(".recommendation, [role=status]")) {
      changes.observe(node, { childList: true, characterData: true, subtree: true });
    }
  });
  await tell({ type: "state", state: { ...running, report: { ...running.report, lines: 121, elapsed: 21_000 } } });
  assert.equal(await page.locator("progress").evaluate((node) => (node as HTMLProgressElement).value), 0.35);
  assert.equal(await page.evaluate(() => document.body.dataset["changes"]), undefined);
  assert.equal(await page.getByRole("button", { name: "Stop", exact: true }).isVisible(), true);
  assert.equal(await page.getByRole("button", { name: /Use/ }).isVisible(), false);
});

test("where there is no history the page says why", async () => {
  const { page, tell } = await openPage();
  const problem = "/src/harbour is in no Git repository. Open a folder that is in one.";
  await tell({ type: "state", state: { folder: "harbour", isRunning: false, problem } });
  assert.equal(await page.getByRole("alert").textContent(), problem);
  assert.deepEqual(await page.locator("button:visible").allTextContents(), ["Compare Again…"]);
});

for (const theme of Object.keys(themes) as ThemeName[]) {
  test(`${theme}: it can be read, with nothing over the edge at 250 pixels`, async () => {
    const { page, tell, screenshot, complaints } = await openPage({ theme, width: 1000, height: 900 });
    const state = { folder: "harbour", isRunning: false, report };
    await tell({ type: "state", state });
    await screenshot(`comparison-${theme}`);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    await page.setViewportSize({ width: 250, height: 1300 });
    await tell({ type: "state", state: { ...state, isRunning: true, report: { ...report, state: "waiting" } } });
    await screenshot(`comparison-${theme}-250`);
    await assertFits(page);
    assert.deepEqual(complaints, []);
  });
}
