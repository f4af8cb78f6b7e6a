// Where the cursor is: who gives it to the composer, what the keyboard reaches, and that one sees it.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Attachment } from "../../src/shared/chat.ts";
import { answerMessage, endedMessage, readyStatus, startPages, stateMessage, userMessage } from "./page.ts";

const openPage = await startPages();

const attachment: Attachment = {
  id: "a1",
  label: "main.ts:3-20",
  uri: "file:///w/main.ts",
  languageId: "typescript",
  text: "const line0 = 0;",
  range: { startLine: 2, endLine: 19 },
};

test("a page that is told late to take the focus takes it from nobody; once the user is there, it has it", async () => {
  const { page } = await openPage();
  const html = "<!doctype html><input><iframe src='/'></iframe>";
  await page.route("**/window", (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto(`${page.url()}window`);
  const input = page.locator("input");
  await input.focus();
  const chat = page.frameLocator("iframe");
  await chat.locator("body").evaluate(
    (_, told) => {
      for (const message of told) window.postMessage(message);
    },
    [stateMessage([]), { type: "focus" }],
  );
  await chat.locator("textarea").waitFor();
  await page.keyboard.type("elsewhere");
  assert.equal(await input.inputValue(), "elsewhere");
  await page.keyboard.press("Tab");
  await chat.locator("textarea:focus").waitFor();
  await page.keyboard.type("here");
  assert.equal(await chat.locator("textarea").inputValue(), "here");
});

test("the keyboard alone reaches everything, and one sees where it is", async () => {
  const { page, tell } = await openPage();
  const answer = "See [this](https://example.com).\n\n```js\n1\n```\n";
  const problem = { message: "No.", action: "showLog" } as const;
  const messages = [userMessage("Hello", [attachment]), answerMessage(answer, "failed", problem)];
  await tell(stateMessage(messages, readyStatus, [attachment]));
  const reached: string[] = [];
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const host = document.activeElement;
      const node = host?.shadowRoot?.activeElement ?? host;
      if (!host || !node || host === document.body) return undefined;
      const ring = getComputedStyle(host.tagName === "TEXTAREA" ? (host.closest(".box") ?? host) : node);
      const seen =
        host.tagName === "TEXTAREA" ? ring.borderColor === "rgb(0, 120, 212)" : ring.outlineStyle === "solid";
      return { name: host.ariaLabel ?? host.textContent, seen };
    });
    if (!focused) break;
    assert.ok(focused.seen, `focus is visible on ${focused.name}`);
    reached.push(focused.name.trim());
  }
  assert.deepEqual(reached, [
    "main.ts:3-20",
    "Edit and send again",
    "this",
    "Copy code",
    "Insert at cursor",
    "Apply to the file",
    "New file",
    "Show Log",
    "Try again",
    "Copy answer",
    "Ask again with another temperature or model",
    "Go on from here in a new chat",
    "Remove main.ts:3-20",
    "Message to Falcon",
    "Add context (@)",
    "Attach the selection",
    "Attach the file",
    "Falcon3 7B Instruct: 4096 tokens of context, on CPU. Click to choose another model.",
    "Send (Enter)",
  ]);
});

test("who is at a button of an answer stays there when more is told of it, and with the answer when the button goes", async () => {
  const { page, tell } = await openPage();
  const [question, answer] = [userMessage("Hello"), answerMessage("Hi.")];
  await tell(stateMessage([question, answer]));
  for (const name of ["Copy answer", "Try again"]) {
    await page.getByRole("button", { name, exact: true }).focus();
    await tell(stateMessage([question, { ...answer, notes: [`A note beside ${name}.`] }]));
    await page.getByText(`A note beside ${name}.`).waitFor();
    const focused = page.getByRole("button", { name, exact: true }).and(page.locator(":focus"));
    assert.equal(await focused.count(), 1, name);
  }
  await tell(stateMessage([question, answer, { ...question, id: "more" }]));
  await page.locator("article.answer:focus").waitFor();
});

test("who stands at Stop when an answer ends is in the composer", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([userMessage("Hello"), answerMessage("Hi", "streaming")]));
  await page.getByRole("button", { name: "Stop (Escape)" }).focus();
  await tell(endedMessage());
  await page.locator("textarea:focus").waitFor({ timeout: 5_000 });
});

test("who has a model that failed loaded again, by the keyboard, is in the composer while it loads", async () => {
  const { page, tell } = await openPage();
  const problem = { message: "It is gone.", action: "retry" } as const;
  await tell(stateMessage([], { state: "failed", model: "Falcon", problem }));
  await page.locator(".status-card").getByRole("button", { name: "Try again" }).focus();
  await tell(stateMessage([], { state: "loading", model: "Falcon", progress: 0 }));
  await page.locator("textarea:focus").waitFor({ timeout: 5_000 });
});

test("who is at a chip that is not sent yet stays there when another comes, and is in the composer when it goes", async () => {
  const { page, tell } = await openPage();
  const other = { ...attachment, id: "a2", label: "other.ts" };
  await tell(stateMessage([], readyStatus, [attachment]));
  const remove = page.getByRole("button", { name: "Remove main.ts:3-20" });
  await remove.focus();
  await tell({ type: "attachments", attachments: [attachment, other] });
  await page.getByText("other.ts").waitFor();
  assert.equal(await remove.and(page.locator(":focus")).count(), 1);
  await tell({ type: "attachments", attachments: [other] });
  await page.locator("textarea:focus").waitFor({ timeout: 5_000 });
});
