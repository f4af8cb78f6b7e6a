// Writing, sending, stopping, trying again and attaching, with the keyboard and with the mouse.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Attachment } from "../../src/shared/chat.ts";
import type { ModelStatus } from "../../src/shared/status.ts";
import {
  answerMessage,
  endedMessage,
  demonstrationStatus,
  readyStatus,
  startPages,
  stateMessage,
  userMessage,
} from "./page.ts";

const openPage = await startPages();

const attachment: Attachment = {
  id: "a1",
  label: "main.ts:3-20",
  uri: "file:///w/main.ts",
  languageId: "typescript",
  text: Array.from({ length: 18 }, (_, line) => `const line${line} = ${line};`).join("\n"),
  range: { startLine: 2, endLine: 19 },
};

test("Enter sends, Shift+Enter begins a line, and the draft is remembered until it is sent", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([]), { type: "focus" });
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two ");
  assert.deepEqual(await page.evaluate(() => window.memory), { draft: "one\ntwo " });
  assert.deepEqual(await said(), []);
  await page.keyboard.press("Enter");
  assert.deepEqual(await said(), [{ type: "send", text: "one\ntwo" }]);
  assert.equal(await page.locator("textarea").inputValue(), "");
  assert.deepEqual(await page.evaluate(() => window.memory), { draft: "" });
});

test("Enter that ends an input method's composition does not send", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([]), { type: "focus" });
  const input = await page.context().newCDPSession(page);
  await input.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  await page.locator("textarea").evaluate((node) => {
    node.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true }));
  });
  await input.send("Input.insertText", { text: "日本" });
  assert.deepEqual(await said(), []);
  await page.keyboard.press("Enter");
  assert.deepEqual(await said(), [{ type: "send", text: "日本" }]);
});

test("the composer grows with its text, up to a part of the page", async () => {
  const { page, tell } = await openPage({ height: 600 });
  await tell(stateMessage([]));
  const height = async () => (await page.locator("textarea").boundingBox())?.height ?? 0;
  const one = await height();
  await page.locator("textarea").fill("1\n2\n3\n4");
  const four = await height();
  await page.locator("textarea").fill("line\n".repeat(100));
  assert.ok(four > 3 * one && four < 5 * one, `${one} then ${four}`);
  assert.ok((await height()) <= 240);
});

test("what cannot be sent is explained and stays in the composer", async () => {
  const { page, tell, said } = await openPage();
  const problem = { message: "Not a GGUF file" };
  const reasons: readonly (readonly [ModelStatus, string, string])[] = [
    [readyStatus, "", "Write a message first"],
    [readyStatus, " \n", "Write a message first"],
    [{ state: "failed", model: "Falcon", problem }, "text", "The model could not be loaded"],
  ];
  for (const [status, text, reason] of reasons) {
    await tell(stateMessage([], status));
    await page.locator("textarea").fill(text);
    const send = page.getByRole("button", { name: "Send (Enter)" });
    assert.equal(await send.getAttribute("aria-disabled"), "true");
    assert.equal(await send.getAttribute("title"), reason);
    await page.locator("textarea").press("Enter");
    assert.equal(await page.locator(".hint").textContent(), reason);
    await send.click({ force: true });
    assert.equal(await page.locator("textarea").inputValue(), text);
  }
  await tell(stateMessage([userMessage("Hello"), answerMessage("", "streaming")]));
  await page.locator("textarea").fill("next");
  await page.locator("textarea").press("Enter");
  assert.equal(await page.locator(".hint").textContent(), "Wait for the answer to end, or stop it");
  assert.deepEqual(await said(), []);
});

test("a question is sent while the model loads, and waits for it", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([], { state: "loading", model: "Falcon", progress: 0.5 }));
  await page.locator("textarea").fill("text");
  await page.locator("textarea").press("Enter");
  assert.deepEqual(await said(), [{ type: "send", text: "text" }]);
});

test("an answer is stopped by the button and by Escape, but only while it is written", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([userMessage("Hello"), answerMessage("Some", "streaming")]));
  await page.getByRole("button", { name: "Stop (Escape)" }).click();
  assert.deepEqual(await said(), [{ type: "stop" }]);
  await page.locator("textarea").press("Escape");
  assert.deepEqual(await said(), [{ type: "stop" }]);
  await tell(endedMessage("stopped"));
  assert.equal(await page.getByRole("button", { name: "Stop (Escape)" }).isVisible(), false);
  await page.locator("textarea").press("Escape");
  assert.deepEqual(await said(), []);
});

test("the last answer can be asked for again, however it ended", async () => {
  const { page, tell, said } = await openPage();
  const old = { ...answerMessage("Old", "stopped"), id: "old" };
  for (const state of ["done", "stopped", "interrupted", "truncated", "failed"] as const) {
    await tell(stateMessage([userMessage("1"), old, userMessage("2"), answerMessage("New", state)]));
    const retry = page.getByRole("button", { name: "Try again" });
    assert.equal(await retry.count(), 1, state);
    await retry.press("Enter");
    assert.deepEqual(await said(), [{ type: "retry" }], state);
  }
  await tell({ type: "event", event: { type: "retried", answerId: "answer" } });
  assert.equal(await page.locator(".answer:last-child").evaluate((node) => node === document.activeElement), true);
  await tell(stateMessage([userMessage("1"), answerMessage("New", "streaming")]));
  assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
});

test("a failure is told in its own words with the button that mends it", async () => {
  const { page, tell, said } = await openPage();
  const problem = { message: "The server died.", action: "restartServer" } as const;
  await tell(stateMessage([userMessage("1"), answerMessage("Half", "streaming")]), endedMessage("failed", problem));
  await page.getByText("The server died.").first().waitFor();
  await page.getByRole("button", { name: "Restart Server" }).click();
  assert.deepEqual(await said(), [{ type: "act", action: "restartServer" }]);
  await tell(stateMessage([userMessage("1"), answerMessage("", "failed", { message: "Once more.", action: "retry" })]));
  assert.equal(await page.getByRole("button", { name: /try again/i }).count(), 1, "not two buttons for one thing");
});

test("how an answer ended is told in words", async () => {
  const { page, tell } = await openPage();
  const words = [
    [answerMessage("x", "stopped"), "Stopped"],
    [answerMessage("x", "interrupted"), "Interrupted: the model or the editor ended while this was written"],
    [answerMessage("x", "truncated"), "Cut off: the answer reached the limit of tokens"],
    [answerMessage("x", "failed"), "The answer failed"],
    [answerMessage(""), "The model gave no answer."],
  ] as const;
  for (const [answer, standing] of words) {
    await tell(stateMessage([userMessage("1"), answer]));
    assert.equal(await page.locator(".standing").textContent(), standing);
  }
  await tell(stateMessage([userMessage("1"), answerMessage("x")]));
  assert.equal(await page.locator(".standing").count(), 0);
  await tell(stateMessage([userMessage("1"), answerMessage("", "streaming")]));
  assert.equal(await page.locator(".thinking").isVisible(), true);
});

test("what the server says of an answer is told as text", async () => {
  const { page, tell } = await openPage();
  const notes = ["<b>Falcon3</b> is a base model.", "The oldest messages (2) were left out."];
  await tell(stateMessage([userMessage("1"), { ...answerMessage("x"), notes }]));
  assert.deepEqual(await page.locator(".standing").allTextContents(), notes);
});

test("code is copied and inserted as it was written, and an answer is copied as Markdown", async () => {
  const { page, tell, said } = await openPage();
  const code = "if (a < b) {\n\treturn `&amp;`;\n}";
  const answer = `Look:\n\n\`\`\`js\n${code}\n\`\`\`\n\nDone.`;
  await tell(stateMessage([userMessage("1"), answerMessage(answer)]));
  assert.equal(await page.locator(".language").textContent(), "js");
  await page.getByRole("button", { name: "Copy code" }).click();
  await page.getByRole("button", { name: "Copy code" }).locator(".codicon-check").waitFor();
  await page.getByRole("button", { name: "Insert at cursor" }).click();
  await page.getByRole("button", { name: "Copy answer" }).click();
  assert.deepEqual(await said(), [
    { type: "copyCode", code },
    { type: "insertCode", code },
    { type: "copyCode", code: answer },
  ]);
  await page.getByRole("button", { name: "Copy code" }).locator(".codicon-copy").waitFor();
});

test("what is attached shows as chips: to be removed before sending, to be opened after", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([userMessage("1", [attachment])]), { type: "attachments", attachments: [attachment] });
  await page.getByRole("button", { name: "main.ts:3-20", exact: true }).click();
  await page.getByRole("button", { name: "Remove main.ts:3-20" }).click();
  await page.getByRole("button", { name: "Attach the selection" }).click();
  await page.getByRole("button", { name: "Attach the file" }).click();
  assert.deepEqual(await said(), [
    { type: "openAttachment", id: "a1" },
    { type: "removeAttachment", id: "a1" },
    { type: "attachSelection" },
    { type: "attachFile" },
  ]);
  await tell({ type: "attachments", attachments: [] });
  assert.equal(await page.getByRole("button", { name: "Remove main.ts:3-20" }).count(), 0);
});

test("a message to explain quotes its code, folded when it is long", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([{ ...userMessage("", [attachment]), command: "explain" }]));
  await page.getByText("Explain this code").waitFor();
  const lines = async () => (await page.locator(".quote code").textContent())?.split("\n").length;
  assert.equal(await lines(), 10);
  await page.getByRole("button", { name: "Show all 18 lines" }).press("Enter");
  assert.equal(await lines(), 18);
  await page.getByRole("button", { name: "Show fewer lines" }).press("Enter");
  assert.equal(await lines(), 10);
  await page.locator(".quote .hljs-keyword").first().waitFor({ timeout: 5_000 });
});

test("the model: for demonstration, loading with percent, failed with the button that mends it, ready with its name", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([], demonstrationStatus));
  await page.getByText("Falcon Tiny Demo is a demonstration model").waitFor();
  const choose = page.getByRole("button", { name: "Choose Model…" });
  await choose.focus();
  await tell({ type: "status", status: { ...demonstrationStatus, metrics: { queue: 1 } } });
  const isFocused = await choose.evaluate((node) => node.matches(":focus, :focus-within"));
  assert.ok(isFocused, "a completion takes the focus away");
  await choose.click();
  await tell(stateMessage([userMessage("Hello"), answerMessage("Hello!")], demonstrationStatus));
  assert.equal(await page.locator(".status-card").isVisible(), false);
  await tell({ type: "status", status: { state: "loading", model: "Falcon", progress: 0.1 } });
  const bar = await page.waitForSelector("progress");
  await tell({ type: "status", status: { state: "loading", model: "Falcon", progress: 0.426 } });
  assert.equal(await page.locator(".status-card").textContent(), "Loading Falcon42%");
  assert.equal(await bar.evaluate((node) => node.value), 0.426);
  const problem = { message: "It is not a GGUF file.", action: "showLog" } as const;
  await tell({ type: "status", status: { state: "failed", model: "Falcon", problem } });
  await page.getByText("It is not a GGUF file.").waitFor();
  await page.getByRole("button", { name: "Show Log" }).click();
  await tell({ type: "status", status: readyStatus });
  assert.equal(await page.locator(".status-card").isVisible(), false);
  await page.getByRole("button", { name: /^Falcon3 7B Instruct: 4096 tokens/ }).click();
  assert.deepEqual(await said(), [
    { type: "act", action: "selectModel" },
    { type: "act", action: "showLog" },
    { type: "act", action: "selectModel" },
  ]);
});

test("an empty conversation suggests ways to begin", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([]));
  await page.getByRole("button", { name: "Find bugs in the attached code" }).click();
  assert.equal(await page.locator("textarea").inputValue(), "Find bugs in the attached code");
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");
  await tell(stateMessage([userMessage("Hello"), answerMessage("Hello")]));
  assert.equal(await page.locator(".welcome").isVisible(), false);
});
