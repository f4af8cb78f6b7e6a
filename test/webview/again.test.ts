// Asking again: in other words, with another temperature or model, and in a chat of its own.

import assert from "node:assert/strict";
import { test } from "node:test";

import { findFaint } from "./contrast.ts";
import { findNameless } from "./names.ts";
import { answerMessage, startPages, stateMessage, userMessage } from "./page.ts";

const openPage = await startPages();

test("a question is edited in its place, by the keyboard alone, and sent again", async () => {
  const { page, tell, said } = await openPage();
  const question = userMessage("What is a quay?");
  await tell(stateMessage([question, answerMessage("A place.")]));
  await page.getByRole("button", { name: "Edit and send again" }).press("Enter");
  const field = page.getByRole("textbox", { name: "Edit the message" });
  assert.equal(await field.inputValue(), "What is a quay?");
  assert.equal(await page.locator(".user .text").isVisible(), false);
  await page.keyboard.press("Escape");
  assert.equal(await field.count(), 0);
  assert.equal(await page.locator(".user .text").isVisible(), true);
  const isBack = await page
    .getByRole("button", { name: "Edit and send again" })
    .evaluate((node) => node === document.activeElement);
  assert.ok(isBack, "the focus is where it was");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("What is");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("a pier?");
  await page.keyboard.press("Enter");
  assert.deepEqual(await said(), [{ type: "resend", id: question.id, text: "What is\na pier?" }]);
  // It goes when the host has answered.
  await field.waitFor({ state: "detached" });
  await page.locator(".composer textarea:focus").waitFor();
});

test("the button that edits a question takes no line of its own, and covers no word", async () => {
  const { page, tell } = await openPage();
  for (const text of ["Hello", "some words ".repeat(40), "שלום עולם ".repeat(40)]) {
    await tell(stateMessage([userMessage(text)]));
    const { spareLines, covers } = await page.locator(".user").evaluate((node) => {
      const [words, button] = [node.querySelector(".text"), node.querySelector(".edit")];
      if (!words || !button) throw new Error("no question is shown");
      const range = document.createRange();
      range.selectNodeContents(words);
      const lines = [...range.getClientRects()];
      const place = button.getBoundingClientRect();
      const spare = node.getBoundingClientRect().height - words.getBoundingClientRect().height;
      return {
        spareLines: spare / parseFloat(getComputedStyle(words).lineHeight),
        covers: lines.some(
          ({ left, right, top, bottom }) =>
            left < place.right && place.left < right && top < place.bottom && place.top < bottom,
        ),
      };
    });
    assert.ok(spareLines < 1, `${spareLines} lines are empty`);
    assert.equal(covers, false);
  }
});

test("what is refused stays to be edited, and an empty question is not sent", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([userMessage("One"), answerMessage("Two")]));
  await page.evaluate(() => (window.refusal = "Not now."));
  await page.getByRole("button", { name: "Edit and send again" }).click();
  const field = page.getByRole("textbox", { name: "Edit the message" });
  await field.fill(" ");
  await page.getByRole("button", { name: "Send again" }).click();
  assert.deepEqual(await said(), []);
  await field.fill("Three");
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByText("Not now.").waitFor();
  assert.equal(await field.inputValue(), "Three");
});

test("Escape in a question that is edited stops no answer", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([userMessage("One"), answerMessage("Two", "streaming")]));
  await page.getByRole("button", { name: "Edit and send again" }).click();
  await page.keyboard.press("Escape");
  assert.deepEqual(await said(), []);
});

test("every answer can be gone on from in a new chat, the last one be asked for with something else", async () => {
  const { page, tell, said } = await openPage();
  const first = { ...answerMessage("Old"), id: "old" };
  await tell(stateMessage([userMessage("1"), first, userMessage("2"), answerMessage("New")]));
  await page.getByRole("button", { name: "Go on from here in a new chat" }).first().press("Enter");
  await page.getByRole("button", { name: "Ask again with another temperature or model" }).press("Enter");
  assert.deepEqual(await said(), [{ type: "branch", id: "old" }, { type: "retryWith" }]);
});

for (const theme of ["dark", "light", "hc"] as const) {
  test(`${theme}: a question that is edited can be read, in 250 pixels`, async () => {
    const { page, tell, screenshot, complaints } = await openPage({ theme, width: 250 });
    await tell(stateMessage([userMessage("What is a quay, and what is a pier?"), answerMessage("A place.")]));
    await page.getByRole("button", { name: "Edit and send again" }).click();
    await screenshot(`edit-${theme}`);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    assert.deepEqual(complaints, []);
  });
}
