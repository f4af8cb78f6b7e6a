// What the page asks for and does not get: nothing is lost, and it says why.

import assert from "node:assert/strict";
import { test } from "node:test";

import { longestText } from "../../src/shared/limits.ts";
import type { Attachment } from "../../src/shared/chat.ts";
import { answerMessage, readyStatus, startPages, stateMessage, userMessage } from "./page.ts";

const openPage = await startPages();

const attachment: Attachment = {
  id: "a1",
  label: "main.ts:3-20",
  uri: "file:///w/main.ts",
  languageId: "typescript",
  text: Array.from({ length: 18 }, (_, line) => `const line${line} = ${line};`).join("\n"),
  range: { startLine: 2, endLine: 19 },
};

test("what one wrote stays until the host has accepted it, and a refusal says why", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([], readyStatus, [attachment]), { type: "focus" });
  await page.evaluate(() => (window.refusal = undefined));
  await page.keyboard.type("one");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.deepEqual(await said(), [{ type: "send", text: "one" }], "it is sent once");
  assert.equal(await page.locator("textarea").inputValue(), "one");

  const request = (await page.evaluate(() => window.lastRequest)) ?? 0;
  await tell({ type: "reply", request, refusal: "There is no room." });
  await page.getByRole("status").getByText("There is no room.").waitFor();
  assert.equal(await page.locator("textarea").inputValue(), "one");
  assert.deepEqual(await page.evaluate(() => window.memory), { draft: "one" });
  await tell({ type: "status", status: { ...readyStatus, metrics: { queue: 1 } } });
  assert.equal(await page.locator(".hint").textContent(), "There is no room.", "it stays until something is done");

  await page.keyboard.press("Enter");
  await page.keyboard.type(" more");
  await tell({ type: "reply", request: request + 1 });
  assert.equal(await page.locator("textarea").inputValue(), " more", "what was written meanwhile stays");
  assert.equal(await page.locator(".hint").textContent(), "");
});

test("why something was refused is read whole in 250 pixels, a long path in it, too", async () => {
  const { page, tell } = await openPage({ width: 250 });
  await tell(stateMessage([userMessage("One"), answerMessage("Two")]));
  await page.evaluate((path) => (window.refusal = `It cannot be deleted: ${path}`), `/home/${"somebody".repeat(20)}`);
  await page.getByRole("button", { name: "Copy answer" }).click();
  const hint = page.locator(".hint").filter({ hasText: "It cannot be deleted" });
  await hint.waitFor();
  assert.ok(await hint.evaluate((node) => node.scrollWidth <= node.clientWidth));
});

test("a message over the limit is not sent; the page says why and keeps it", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([], readyStatus, [attachment]));
  const long = "x".repeat(longestText + 1);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const paste = async (text: string) => {
    await page.locator("textarea").focus();
    await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Control+V");
  };
  await paste(long);
  const reason = "The message has 1000001 characters; at most 1000000 can be sent";
  assert.equal(await page.getByRole("status").getByText(reason).count(), 1);
  await page.locator("textarea").press("Enter");
  assert.deepEqual(await said(), []);
  assert.equal((await page.locator("textarea").inputValue()).length, long.length);
  assert.equal(await page.getByRole("button", { name: "Remove main.ts:3-20" }).count(), 1);
  await paste(long.slice(1));
  assert.equal(await page.locator(".hint").textContent(), "");
  await page.locator("textarea").press("Enter");
  assert.deepEqual(await said(), [{ type: "send", text: long.slice(1) }]);
});

test("whatever the host refuses, the page says why and claims nothing", async () => {
  const { page, tell } = await openPage();
  const text = "See [this](https://example.com).\n\n```js\n1\n```\n";
  await tell(stateMessage([userMessage("Hello", [attachment]), answerMessage(text)], readyStatus, [attachment]));
  const buttons = [
    "main.ts:3-20",
    "Copy code",
    "Insert at cursor",
    "Apply to the file",
    "New file",
    "Go on from here in a new chat",
    "Copy answer",
    "Try again",
    "Remove main.ts:3-20",
    "Attach the selection",
    "Attach the file",
  ];
  for (const [index, name] of [...buttons, "this"].entries()) {
    const reason = `Not now: ${index}.`;
    await page.evaluate((refusal) => (window.refusal = refusal), reason);
    await page.getByRole(name === "this" ? "link" : "button", { name, exact: true }).click();
    await page.getByRole("status").getByText(reason).waitFor();
  }
  assert.equal(await page.locator(".codicon-check").count(), 0, "nothing was copied");
});
