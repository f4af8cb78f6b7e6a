// The page "Fine-Tuning": what it says of a run, and that it can be read in every theme and in a narrow panel.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { TrainingPageState } from "../../../src/shared/trainingPage.ts";
import { trainingStrings } from "../../../src/pages/trainingStrings.ts";
import { findFaint } from "../contrast.ts";
import { findNameless } from "../names.ts";
import { type ThemeName, themes } from "../themes.ts";
import { assertFits, english, startPages } from "./openPages.ts";

const openPage = await startPages<TrainingPageState>("training", trainingStrings(english));

const running: TrainingPageState = {
  state: "running",
  learned: Array.from({ length: 90 }, (_, index) => ({
    step: index + 1,
    loss: 1.3 + Math.exp(-index / 20) + 0.1 * Math.sin(index * 7),
  })),
  heldOut: [0, 20, 40, 60, 80].map((step) => ({ step, loss: 1.4 + Math.exp(-step / 25) })),
  best: { step: 80, loss: 1.441 },
  fraction: 0.45,
};

test("before a run the page says where one begins", async () => {
  const { page, tell, complaints } = await openPage();
  await tell({ type: "state", state: { state: "none", learned: [], heldOut: [], fraction: 0 } });
  assert.match((await page.locator("header p").textContent()) ?? "", /^No training has begun\./);
  assert.equal(await page.locator(".plot .nothing").isVisible(), true);
  assert.deepEqual(complaints, []);
});

test("a run is told in words, and each loss can be read with the arrow keys", async () => {
  const { page, tell } = await openPage({ width: 900 });
  await tell({ type: "state", state: running });
  const text = await page.locator("main").innerText();
  assert.match(text, /Step 90, 45% of the run\. The adapter of step 80 is the best: a loss of 1\.441 on what was/);
  assert.match(text, /held out, 2\.400 before the training\./);
  const drawing = page.locator(".drawing");
  await drawing.focus();
  await drawing.press("Home");
  assert.equal(await page.locator(".values").textContent(), "0 · Held out: 2.400");
  await drawing.press("ArrowRight");
  assert.equal(await page.locator(".values").textContent(), "1 · Learned from: 2.300");
});

test("a run that failed says why, in the words of its scripts and as nothing but text", async () => {
  const { page, tell, complaints } = await openPage();
  await tell({ type: "state", state: { ...running, state: "failed", cause: "<b>The memory</b> is too small." } });
  assert.match(
    await page.locator("main").innerText(),
    /The training has failed\.[^]*<b>The memory<\/b> is too small\./,
  );
  assert.deepEqual(complaints, []);
});

for (const theme of Object.keys(themes) as ThemeName[]) {
  test(`${theme}: it can be read, with nothing over the edge at 250 pixels`, async () => {
    const { page, tell, screenshot, complaints } = await openPage({ theme, width: 900, height: 420 });
    await tell({ type: "state", state: running });
    await screenshot(`training-${theme}`);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    await page.setViewportSize({ width: 250, height: 640 });
    await tell({ type: "state", state: running });
    await screenshot(`training-${theme}-250`);
    await assertFits(page);
    assert.deepEqual(complaints, []);
  });
}
