// The chat with a demonstration model: it offers what the model can do, and says what a real one is needed for.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";

import {
  answerMessage,
  deltaMessage,
  demonstrationStatus,
  readyStatus,
  startPages,
  stateMessage,
  userMessage,
} from "./page.ts";

const openPage = await startPages();

const problem = {
  message: "Falcon Tiny Demo is a demonstration model. For everything else choose a real Falcon, then try again.",
  action: "selectModel",
} as const;

const offered = (page: Page) => page.locator(".suggestion").allTextContents();

/** Tabs to what has the name, as far as a page's few buttons go. */
async function tabTo(page: Page, name: string): Promise<void> {
  const hasFocus = () => page.evaluate(() => document.activeElement?.textContent);
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press("Tab");
    if ((await hasFocus()) === name) return;
  }
  assert.fail(`Tab does not reach “${name}”.`);
}

test("what the model can do is offered and done, by keyboard, and nothing else is", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([], demonstrationStatus));
  const names = ["Complete the line at the cursor", "Explain the selected function", "Document the selected function"];
  assert.deepEqual(await offered(page), names);
  assert.equal(await page.locator("textarea").getAttribute("placeholder"), "To ask, choose a real Falcon");
  for (const name of [...names, "Choose Model…"]) {
    await tabTo(page, name);
    await page.keyboard.press("Enter");
  }
  assert.deepEqual(await said(), [
    { type: "completeLine" },
    { type: "command", command: "explain" },
    { type: "command", command: "document" },
    { type: "act", action: "selectModel" },
  ]);
});

test("in a narrow side bar one reads from the beginning, and the answers from their end", async () => {
  const { page, tell } = await openPage({ width: 200, height: 600 });
  await tell(stateMessage([], demonstrationStatus));
  const title = page.getByRole("heading", { name: "What are you working on?" });
  const list = await page.locator(".scroller").boundingBox();
  const { y } = (await title.boundingBox()) ?? { y: -1 };
  assert.ok(list && y >= list.y, `the title stands at ${y}`);
  // Whoever scrolls there misses no answer.
  await page.locator(".scroller").evaluate((node) => {
    node.scrollTop = 1;
    node.dispatchEvent(new Event("scroll"));
  });
  assert.equal(await page.locator(".jump").isVisible(), false);
  const question = userMessage("Hello. ".repeat(100));
  await tell(stateMessage([question, answerMessage("The end.")], demonstrationStatus));
  const bottom = await page.getByText("The end.").evaluate((node) => node.getBoundingClientRect().bottom);
  assert.ok(bottom <= 600, `the answer ends at ${bottom}`);
  assert.equal(await page.locator(".jump").isVisible(), false);
});

test("why something that is offered could not be done stands below the composer", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([], demonstrationStatus));
  await page.evaluate(() => (window.refusal = "Select the code first."));
  await page.getByRole("button", { name: "Explain the selected function" }).click();
  await page.getByText("Select the code first.").waitFor();
});

test("a real model is offered everything as soon as it is there, and figures that change take no focus", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([], demonstrationStatus));
  await page.getByRole("button", { name: "Explain the selected function" }).focus();
  await tell({ type: "status", status: { ...demonstrationStatus, metrics: { queue: 1 } } });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Explain the selected function");
  await tell({ type: "status", status: readyStatus });
  assert.deepEqual(await offered(page), [
    "Write a function that …",
    "Find bugs in the attached code",
    "Write unit tests for the attached code",
  ]);
  assert.equal(await page.locator("textarea").getAttribute("placeholder"), "Ask about your code, or for a text");
});

test("while a model loads, what was offered stays, with the focus; nothing is before the first is there", async () => {
  const { page, tell, screenshot } = await openPage();
  const loading = { state: "loading", model: "falcon-tiny-demo.gguf", progress: 0.5 } as const;
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  const placeholder = () => page.locator("textarea").getAttribute("placeholder");
  await tell(stateMessage([], loading));
  assert.deepEqual(await offered(page), []);
  assert.equal(await placeholder(), null);
  assert.equal(await page.locator(".jump").isVisible(), false, "there is no latest message");
  await screenshot("loading-first");
  await tell({ type: "status", status: demonstrationStatus });
  await page.getByRole("button", { name: "Document the selected function" }).focus();
  const before = [await offered(page), await placeholder()];
  await tell({ type: "status", status: loading });
  assert.deepEqual([await offered(page), await placeholder()], before);
  assert.equal(await focused(), "Document the selected function");
  await screenshot("loading-again");
  await tell({ type: "status", status: readyStatus });
  assert.equal(await focused(), "Write a function that …", "the button that had the focus is gone");
});

test("a question that the model cannot answer stays, with why, the button that helps, and another try", async () => {
  const { page, tell, said } = await openPage();
  const streaming = answerMessage("", "streaming");
  await tell(stateMessage([userMessage("What does a harbour master do?"), streaming], demonstrationStatus));
  await tell({ type: "event", event: { type: "ended", answerId: "answer", state: "done", problem } });
  const answer = page.locator(".answer");
  assert.equal(await answer.locator(".standing").textContent(), problem.message);
  assert.equal(await answer.locator(".codicon-error").count(), 0, "it is no error");
  assert.equal(await page.locator("main > [aria-live=polite]").textContent(), problem.message);
  await tabTo(page, "Choose Model…");
  await page.keyboard.press("Enter");
  await tell({ type: "status", status: readyStatus });
  assert.equal(await page.locator(".user .text").textContent(), "What does a harbour master do?");
  await tabTo(page, "Try again");
  await page.keyboard.press("Enter");
  assert.deepEqual(await said(), [{ type: "act", action: "selectModel" }, { type: "retry" }]);
  await tell({ type: "event", event: { type: "retried", answerId: "answer" } }, deltaMessage("She assigns berths."), {
    type: "event",
    event: { type: "ended", answerId: "answer", state: "done" },
  });
  assert.equal(await page.locator(".markdown").innerText(), "She assigns berths.");
  assert.equal(await answer.locator(".standing").count(), 0);
});

test("the repeated end of an answer goes, and a note says so; where nothing is left, that is said, too", async () => {
  const { page, tell } = await openPage();
  const notes = ["The model repeated itself, and the answer was ended."];
  for (const length of [14, 0]) {
    await tell(
      stateMessage([userMessage("Hello"), answerMessage("", "streaming")]),
      deltaMessage("Returns a day, departure, departure, departure"),
      { type: "event", event: { type: "ended", answerId: "answer", state: "done", notes, length } },
    );
    assert.equal(await page.locator(".answer-footer .note").textContent(), notes[0]);
    assert.deepEqual(await page.locator(".markdown").allInnerTexts(), length === 0 ? [] : ["Returns a day,"]);
    const standing = await page.locator(".standing.done").allTextContents();
    assert.deepEqual(standing, length === 0 ? ["The model gave no answer."] : []);
  }
});
