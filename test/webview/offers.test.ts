// What the composer offers after `@` and `/`, by the keyboard alone, what a screen reader is told of it, and how full the context is.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Offer } from "../../src/shared/chatContext.ts";
import type { Attachment } from "../../src/shared/chat.ts";
import { findFaint } from "./contrast.ts";
import { findNameless } from "./names.ts";
import { type ChatPage, answerMessage, startPages, stateMessage, readyStatus, userMessage } from "./page.ts";
import { type ThemeName, themes } from "./themes.ts";

const openPage = await startPages();

const kinds: readonly Offer[] = [
  { id: "file", icon: "file", label: "@file", description: "A file of the workspace", continues: "@file " },
  { id: "1", icon: "list-selection", label: "@selection", description: "What is selected in the editor" },
  { id: "2", icon: "warning", label: "@problems", description: "Errors and warnings of the workspace" },
];

const attachment = (id: string, label: string): Attachment => ({
  id,
  label,
  uri: `file:///w/${label}`,
  languageId: "typescript",
  text: "let a;",
});

async function openComposer(options?: Parameters<typeof openPage>[0]): Promise<ChatPage> {
  const chat = await openPage(options);
  await chat.tell(stateMessage([]), { type: "focus" });
  return chat;
}

/** Types, and answers what the page asks about it. */
async function typeFor({ page, tell }: ChatPage, text: string, offers: readonly Offer[]): Promise<void> {
  await page.keyboard.type(text);
  const query = await page.evaluate(() => {
    const asked = window.posted.findLast((message) => message.type === "findOffers");
    return asked?.type === "findOffers" ? asked.query : "";
  });
  await tell({ type: "offers", query, offers });
}

test("after @ the list opens, arrows move in it, Enter takes a row, and its words leave the text", async () => {
  const chat = await openComposer();
  const { page, said } = chat;
  await typeFor(chat, "Look at @", kinds);
  const list = page.getByRole("listbox", { name: "Suggestions" });
  assert.equal(await list.getByRole("option").count(), 3);
  const composer = page.getByRole("combobox", { name: "Message to Falcon", expanded: true });
  assert.equal(await composer.getAttribute("aria-controls"), await list.getAttribute("id"));
  const active = async () => {
    const id = await composer.getAttribute("aria-activedescendant");
    return page.locator(`#${id}[aria-selected=true] .name`).textContent();
  };
  assert.equal(await active(), "@file");
  await page.keyboard.press("ArrowDown");
  assert.equal(await active(), "@selection");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.equal(await active(), "@problems");
  await page.keyboard.press("Enter");
  assert.deepEqual(await said(), [
    { type: "findOffers", query: "@" },
    { type: "chooseOffer", id: "2" },
  ]);
  assert.equal(await page.locator("textarea").inputValue(), "Look at ");
  assert.equal(await list.isVisible(), false);
  assert.equal(await page.locator("textarea").getAttribute("role"), null);
});

test("a row that goes on asks for what its words may be, with spaces in them", async () => {
  const chat = await openComposer();
  const { page, said } = chat;
  await typeFor(chat, "@fi", kinds.slice(0, 1));
  await page.keyboard.press("Tab");
  assert.equal(await page.locator("textarea").inputValue(), "@file ");
  await typeFor(chat, "my n", [{ id: "7", icon: "file", label: "my notes.md", description: "docs" }]);
  await page.getByRole("option", { name: "my notes.md" }).click();
  const requests = await said();
  assert.deepEqual(requests.slice(-2), [
    { type: "findOffers", query: "@file my n" },
    { type: "chooseOffer", id: "7" },
  ]);
  assert.equal(await page.locator("textarea").inputValue(), "");
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");
});

test("Escape closes the list and stops no answer; then Enter sends what is written", async () => {
  const chat = await openComposer();
  const { page, tell, said } = chat;
  await tell(stateMessage([userMessage("Hello"), answerMessage("Some", "streaming")]));
  await typeFor(chat, "@problems", kinds.slice(2));
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("listbox").count(), 0);
  await tell(stateMessage([userMessage("Hello"), answerMessage("Some")]));
  await page.keyboard.press("Enter");
  const requests = await said();
  assert.deepEqual(requests.at(-1), { type: "send", text: "@problems" });
  assert.ok(!requests.some(({ type }) => type === "stop"));
});

test("Enter that comes before the list waits for it: it takes the first row, or sends where nothing is offered", async () => {
  const chat = await openComposer();
  const { page, tell, said } = chat;
  await page.evaluate(() => (window.refusal = undefined));
  await page.keyboard.type("@problems");
  await page.keyboard.press("Enter");
  assert.ok(!(await said()).some(({ type }) => type === "send" || type === "chooseOffer"));
  await page.evaluate(() => (window.refusal = null));
  await tell({ type: "offers", query: "@problems", offers: kinds.slice(2) });
  assert.deepEqual(await said(), [{ type: "chooseOffer", id: "2" }]);
  await page.evaluate(() => (window.refusal = undefined));
  await page.keyboard.type("for @bob");
  await page.keyboard.press("Enter");
  await said();
  await tell({ type: "offers", query: "@bob", offers: [] });
  assert.deepEqual(await said(), [{ type: "send", text: "for @bob" }]);
});

test("Escape that comes before the list wants none, and stops no answer", async () => {
  const { page, tell, said } = await openComposer();
  await tell(stateMessage([userMessage("Hello"), answerMessage("Some", "streaming")]));
  await page.evaluate(() => (window.refusal = undefined));
  await page.keyboard.type("@problems");
  await page.keyboard.press("Escape");
  await tell({ type: "offers", query: "@problems", offers: kinds.slice(2) });
  assert.equal(await page.getByRole("listbox").count(), 0);
  assert.ok(!(await said()).some(({ type }) => type === "stop"));
});

test("a list that comes while the focus is elsewhere holds no key back later", async () => {
  const { page, tell, said } = await openComposer();
  await page.evaluate(() => (window.refusal = undefined));
  await page.keyboard.type("@problems");
  await page.locator("textarea").blur();
  await tell({ type: "offers", query: "@problems", offers: kinds.slice(2) });
  await page.locator("textarea").focus();
  await page.keyboard.press("Enter");
  assert.deepEqual((await said()).at(-1), { type: "send", text: "@problems" });
});

test("a message waits for the context that was chosen for it", async () => {
  const chat = await openComposer();
  const { page, tell, said } = chat;
  await typeFor(chat, "@problems", kinds.slice(2));
  await page.evaluate(() => (window.refusal = undefined));
  await page.keyboard.press("Enter");
  await page.keyboard.type("Why?");
  const request = await page.evaluate(() => {
    const chosen = window.posted.findLast((message) => message.type === "chooseOffer");
    return chosen?.type === "chooseOffer" ? chosen.request : 0;
  });
  await page.keyboard.press("Enter");
  assert.ok(!(await said()).some(({ type }) => type === "send"));
  await tell({ type: "reply", request });
  assert.deepEqual(await said(), [{ type: "send", text: "Why?" }]);
});

test("a slash at the beginning offers the commands; elsewhere, as an @ in a word, it is a letter", async () => {
  const chat = await openComposer();
  const { page, said } = chat;
  await page.keyboard.type("and/or me@example.org ");
  assert.deepEqual(await said(), []);
  await page.locator("textarea").fill("");
  await typeFor(chat, "/ex", [
    { id: "9", icon: "comment-discussion", label: "/explain", description: "Explain this code" },
  ]);
  await page.keyboard.press("Enter");
  assert.deepEqual((await said()).slice(-2), [
    { type: "findOffers", query: "/ex" },
    { type: "chooseOffer", id: "9" },
  ]);
  await page.getByRole("button", { name: "Add context (@)" }).press("Enter");
  assert.deepEqual(await said(), [{ type: "findOffers", query: "@" }]);
});

test("each chip has its tokens, and a bar says how full the context is and what would follow", async () => {
  const { page, tell } = await openComposer();
  const attachments = [attachment("a", "main.ts"), { ...attachment("b", "src/"), icon: "folder", leftOut: "2 files" }];
  await tell({ type: "attachments", attachments });
  assert.deepEqual(await page.locator(".chip .tokens").allTextContents(), ["", ""]);
  const meter = page.getByRole("meter");
  assert.equal(await meter.count(), 0);
  const use = { question: 1200, total: 1500, room: 3072, attachments: [200, 950] };
  await tell({ type: "contextUse", use });
  assert.deepEqual(await page.locator(".chip .tokens").allTextContents(), ["200", "950"]);
  assert.equal(await page.locator(".chip").nth(1).getAttribute("title"), "src/: 2 files");
  assert.equal(await meter.getAttribute("aria-valuenow"), "1500");
  assert.equal(await meter.getAttribute("aria-label"), "The model's context: 1,500 of 3,072 tokens");
  assert.equal(await page.locator(".context-use rect").getAttribute("width"), "49%");
  await tell({ type: "contextUse", use: { ...use, total: 4000 } });
  assert.match((await meter.getAttribute("title")) ?? "", /The oldest messages will be left out$/);
  await tell({ type: "contextUse", use: { ...use, question: 4000, total: 4000 } });
  assert.match((await meter.getAttribute("title")) ?? "", /attach less$/);
  await tell({ type: "attachments", attachments: attachments.slice(1) });
  assert.deepEqual(
    await page.locator(".chip .tokens").allTextContents(),
    [""],
    "counts of other chips are not its own",
  );
  await tell({ type: "contextUse" });
  assert.equal(await meter.count(), 0);
});

test("the host is told what is written once the keys rest", async () => {
  const { page } = await openComposer();
  await page.keyboard.type("some words");
  await page.waitForFunction(() => window.posted.some((message) => message.type === "draft"));
  const drafts = await page.evaluate(() => window.posted.filter((message) => message.type === "draft"));
  assert.deepEqual(drafts.at(-1), { type: "draft", text: "some words" });
});

for (const [theme, width] of [
  ...(Object.keys(themes) as ThemeName[]).map((name) => [name, 380] as const),
  ["dark", 250] as const,
]) {
  test(`${theme}, ${width} pixels: the list and the bar can be read`, async () => {
    const chat = await openComposer({ theme, width });
    const { page, tell, screenshot, complaints } = chat;
    await tell(
      stateMessage([userMessage("Hello"), answerMessage("Hello!")], readyStatus, [attachment("a", "main.ts")]),
      {
        type: "contextUse",
        use: { question: 1200, total: 1500, room: 3072, attachments: [1100] },
      },
    );
    await typeFor(chat, "@", [
      ...kinds,
      { id: "f", icon: "file", label: "a-file-with-a-long-name.ts", description: "src/some/folder" },
    ]);
    await page.waitForFunction(() => document.fonts.status === "loaded");
    await screenshot(`offers-${theme}-${width}`);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    assert.deepEqual(complaints, []);
  });
}
