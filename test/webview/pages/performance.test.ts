// The page "Performance": what its figures come to, and that they can be read in every theme, by keyboard and in a narrow panel.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { PerformanceHistory, RequestSums } from "../../../src/shared/performance.ts";
import { performanceStrings } from "../../../src/pages/performanceStrings.ts";
import { findFaint } from "../contrast.ts";
import { findNameless } from "../names.ts";
import { type ThemeName, themes } from "../themes.ts";
import { assertFits, english, startPages } from "./openPages.ts";

const openPage = await startPages<PerformanceHistory>("performance", performanceStrings(english));

const now = Date.UTC(2026, 10, 27, 18, 30);
const minute = 60_000;

function sums(change: Partial<RequestSums> = {}): RequestSums {
  return {
    ...{ requests: 2, begun: 2, firstToken: 240, duration: 2240, prompt: 1000, reused: 750 },
    ...{ laterTokens: 80, laterTime: 2000, ...change },
  };
}

function history(intervals: PerformanceHistory["intervals"]): PerformanceHistory {
  return { now, interval: 10_000, span: 60 * minute, intervals };
}

const hour = history(
  Array.from({ length: 40 }, (_, index) => ({
    // Four times ten intervals on end, with a pause after each.
    start: now - 50 * minute + index * 10_000 + Math.floor(index / 10) * 12 * minute,
    completion: sums({ laterTokens: 60 + 20 * Math.sin(index / 3), firstToken: 200 + 90 * Math.cos(index / 2) }),
    ...(index % 4 === 0 && { chat: sums({ laterTokens: 30 + index, firstToken: 1500, duration: 9000 }) }),
    shown: 3,
    accepted: index % 3,
  })),
);

test("before anything is measured the page says what will be there", async () => {
  const { page, tell, complaints } = await openPage();
  assert.deepEqual(await page.evaluate(() => window.posted as unknown[]), [{ type: "ready" }]);
  await tell({ type: "state", state: history([]) });
  assert.equal(await page.locator(".empty h2").textContent(), "Nothing has been measured yet");
  assert.equal(await page.locator(".plots").isVisible(), false);
  assert.deepEqual(complaints, []);
});

test("the table adds up the intervals of each use", async () => {
  const { page, tell } = await openPage({ width: 900 });
  const intervals = [
    { start: now - 2 * minute, completion: sums(), shown: 2, accepted: 1 },
    { start: now - minute, completion: sums({ requests: 4, begun: 2, laterTokens: 40 }), shown: 1, accepted: 0 },
  ];
  await tell({ type: "state", state: history(intervals) });
  const cells = await page.locator(".summary tbody tr > *").allTextContents();
  // 120 tokens in 4 s; 480 ms to 4 first tokens; 4,480 ms for 6 requests; 1,500 of 2,000 tokens.
  assert.deepEqual(cells, ["Inline completions", "6", "30", "120ms", "747ms", "75%"]);
});

test("values are read at the pointer, with the arrow keys and as a table", async () => {
  const { page, tell } = await openPage({ width: 500 });
  const intervals = [
    { start: now - 3 * minute, completion: sums(), shown: 0, accepted: 0 },
    {
      start: now - 2 * minute,
      completion: sums({ laterTokens: 20 }),
      chat: sums({ laterTokens: 10 }),
      shown: 0,
      accepted: 0,
    },
  ];
  await tell({ type: "state", state: history(intervals) });
  const plot = page.locator(".plot").first();
  const values = plot.locator(".values");
  const drawing = plot.locator(".drawing");
  await drawing.focus();
  assert.match((await values.textContent()) ?? "", /· Inline completions: 10 · Chat and edits: 5$/);
  await drawing.press("ArrowLeft");
  assert.match((await values.textContent()) ?? "", /· Inline completions: 40$/);
  await drawing.press("ArrowLeft");
  assert.match((await values.textContent()) ?? "", /40$/, "there is nothing before the first");
  await drawing.press("End");
  assert.match((await values.textContent()) ?? "", /5$/);
  // A state that comes meanwhile leaves the reader where he is.
  await tell({ type: "state", state: history(intervals) });
  assert.match((await values.textContent()) ?? "", /5$/);
  await plot.locator("summary").click();
  assert.equal((await values.textContent())?.trim(), "");
  const box = await drawing.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width - 12, box.y + 40);
  assert.match((await values.textContent()) ?? "", /10 · Chat and edits: 5$/);
  assert.deepEqual(await plot.locator("th[scope=col]").allTextContents(), [
    "Time",
    "Inline completions",
    "Chat and edits",
  ]);
  const rows = await plot
    .locator("tbody tr")
    .evaluateAll((all) => all.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent)));
  assert.deepEqual(rows, [
    ["10", "5"],
    ["40", ""],
  ]);
  assert.match(
    (await drawing.getAttribute("aria-label")) ?? "",
    /^Tokens per second\. Inline completions 10, Chat and edits 5\. /,
  );
});

for (const theme of Object.keys(themes) as ThemeName[]) {
  test(`${theme}: it can be read, with nothing over the edge at 250 pixels`, async () => {
    const { page, tell, screenshot, complaints } = await openPage({ theme, width: 900, height: 1000 });
    await tell({ type: "state", state: hour });
    await screenshot(`performance-${theme}`);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    await page.setViewportSize({ width: 250, height: 1700 });
    await tell({ type: "state", state: hour });
    await screenshot(`performance-${theme}-250`);
    await assertFits(page);
    assert.deepEqual(complaints, []);
  });
}
