// What answers are made of: thinking, tool calls, formulas, code in code, text in two directions.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { answerMessage, deltaMessage, endedMessage, startPages, stateMessage, userMessage } from "./page.ts";

const openPage = await startPages();
const question = userMessage("Hello");

const readFixture = (name: string) => readFileSync(new URL(`../fixtures/answers/${name}`, import.meta.url), "utf8");

test("what the model thought is folded away, by keyboard and mouse, and is neither copied nor read out", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([question, answerMessage("", "streaming")]), deltaMessage("<think>\nThe user *greets* me."));
  const summary = page.locator("summary");
  assert.equal(await summary.textContent(), "Thinking…");
  assert.equal(await page.locator(".thinking:not(.folded-part)").isVisible(), false, "one spinner is enough");
  await tell(deltaMessage("\n</think>\n\nHello!"));
  assert.equal(await summary.textContent(), "Thought");
  assert.equal(await page.getByText("greets").count(), 0, "it costs nothing while it is folded");
  await tell(endedMessage());
  assert.equal(await page.locator("main > [aria-live=polite]").textContent(), "Falcon answered: Hello!");

  await summary.focus();
  await page.keyboard.press("Enter");
  await page.locator("em", { hasText: "greets" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("em", { hasText: "greets" }).waitFor({ state: "hidden" });

  await page.getByRole("button", { name: "Copy answer" }).click();
  assert.deepEqual(await said(), [{ type: "copyCode", code: "Hello!" }]);
});

test("an answer that was thought out in the prompt's block, and one that only thinks", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage("The user greets.\n</think>\n\nHello!")]));
  assert.equal(await page.locator(".markdown").last().innerText(), "Hello!");
  assert.equal(await page.locator("summary").textContent(), "Thought");
  await tell(stateMessage([question, answerMessage("<think>\nOn and on", "truncated")]));
  assert.equal(await page.locator("summary").textContent(), "Thought");
  assert.equal(await page.getByRole("button", { name: "Copy answer" }).count(), 0);
  await tell(stateMessage([question, { ...answerMessage(readFixture("thinking.md")), id: "other" }]));
  assert.equal(await page.locator(".answer > .markdown").innerText(), "Hello!");
});

test("a tool call is code, folded away", async () => {
  const { page, tell } = await openPage();
  const call = '[{"name": "read", "arguments": {"path": "a.ts"}}]';
  await tell(stateMessage([question, answerMessage(`I look.\n<tool_call>\n${call}\n</tool_call>\nThen I write.`)]));
  assert.deepEqual(await page.locator(".answer > .markdown").allInnerTexts(), ["I look.", "Then I write."]);
  await page.locator("summary", { hasText: "Tool call" }).click();
  await page.locator(".folded-part .code-block code .hljs-string").first().waitFor();
  assert.equal(await page.locator(".folded-part code").textContent(), call);
});

test("a README in a fence is one block to copy, also while it streams", async () => {
  const { page, tell, said } = await openPage();
  const answer = readFixture("readme-in-a-fence.md");
  const readme = answer.slice(answer.indexOf("# Title"), answer.indexOf("\n```\n\nDone."));
  await tell(stateMessage([question, answerMessage("", "streaming")]));
  for (let end = 0; end < answer.length; end += 3) {
    await tell(deltaMessage(answer.slice(end, end + 3)));
    assert.ok((await page.locator(".code-block").count()) <= 1);
    assert.equal(await page.locator(".markdown h3").count(), 0);
  }
  await tell(endedMessage());
  await page.getByRole("button", { name: "Copy code" }).click();
  assert.deepEqual(await said(), [{ type: "copyCode", code: readme }]);
  assert.equal(await page.locator(".markdown p").last().textContent(), "Done.");
});

test("formulas keep their stars, underscores and backslashes", async () => {
  const { page, tell } = await openPage();
  const formulas = [
    "$a_1 * b_2 * c$",
    "\\(x_1 * y_1 * z\\)",
    "\\[\n\\sum_{i=1}^n x_i * y_i * z_i\n\\]",
    "$$\na_1 * b_1\n* c_1 \\\\ d\n$$",
    "\\begin{align*}\na_1 &= b_1 \\\\\n* c\n\\end{align*}",
    "$x$",
  ];
  for (const formula of formulas) {
    const text = `Before _this_\n\n${formula}\n\nand in a line: ${formula.replaceAll("\n", " ")}, *after*.`;
    await tell(stateMessage([question, { ...answerMessage(text), id: formula }]));
    const shown = await page.locator(".markdown").innerText();
    assert.equal(shown, `Before this\n\n${formula}\n\nand in a line: ${formula.replaceAll("\n", " ")}, after.`);
    assert.equal(await page.locator(".markdown em").count(), 2);
  }
  await tell(stateMessage([question, { ...answerMessage("It costs $5 or *$10*, in all $15."), id: "money" }]));
  assert.equal(await page.locator(".markdown").innerText(), "It costs $5 or $10, in all $15.");
});

test("code in a line from right to left keeps its brackets; each item and cell has its own direction", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage(readFixture("right-to-left-with-code.md"))]));
  const code = page.locator(".markdown li code");
  assert.equal(await isBefore(page, ".markdown li code", "code", "()"), true, "the brackets follow the name");
  assert.equal(await code.evaluate((node) => getComputedStyle(node).unicodeBidi), "isolate");
  assert.equal(
    await isBefore(page, ".markdown li:last-child", "full stop", "."),
    true,
    "the full stop is at the right",
  );
  assert.equal(await isBefore(page, ".markdown td:last-child", "one", "."), true);
  const directions = await page
    .locator(".markdown :is(li, td, ul, table)")
    .evaluateAll((nodes) => nodes.map((node) => `${node.tagName} ${getComputedStyle(node).direction}`));
  assert.deepEqual(directions, ["UL rtl", "LI rtl", "LI ltr", "TABLE rtl", "TD rtl", "TD ltr"]);
});

test("a link asks for the very address that is written", async () => {
  const { page, tell, said } = await openPage();
  const answer = readFixture("escaped-links.md");
  await tell(stateMessage([question, answerMessage(answer)]));
  for (const link of await page.getByRole("link").all()) await link.click();
  const written = Array.from(answer.matchAll(/\((https:[^)]*)\)/g), ([, href]) => ({ type: "openLink", href }));
  assert.equal(written.length, 3);
  assert.deepEqual(await said(), written);
});

test("what the server says of an answer stands below it", async () => {
  const { page, tell } = await openPage();
  const notes = ["The oldest messages (4) did not fit into the model's context and were left out."];
  await tell(stateMessage([question, { ...answerMessage("Hello!"), notes }]));
  assert.equal(await page.locator(".answer-footer .note").textContent(), notes[0]);
});

test("code that one selects is copied line by line", async () => {
  const { page, tell } = await openPage();
  const code = Array.from({ length: 120 }, (_, line) => (line % 7 === 3 ? "" : `const line${line} = ${line};`)).join(
    "\n",
  );
  await tell(stateMessage([question, answerMessage(`\`\`\`js\n${code}\n\`\`\`\n`)]));
  assert.ok((await page.locator(".lines").count()) > 1, "it is in chunks");
  const selected = await page.locator(".code-block code").evaluate((node) => {
    getSelection()?.selectAllChildren(node);
    return getSelection()?.toString();
  });
  assert.equal(selected?.trimEnd(), code);
});

/** Whether, in the element, the second text is drawn to the right of the end of the first. */
async function isBefore(page: Page, selector: string, first: string, second: string): Promise<boolean> {
  return page.locator(selector).evaluate(
    (node, [first, second]) => {
      const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
      const placeOf = (text: string): DOMRect => {
        texts.currentNode = node;
        while (texts.nextNode()) {
          const at = texts.currentNode.nodeValue?.lastIndexOf(text) ?? -1;
          if (at < 0) continue;
          const range = new Range();
          range.setStart(texts.currentNode, at);
          range.setEnd(texts.currentNode, at + text.length);
          return range.getBoundingClientRect();
        }
        throw new Error(`There is no ${text}.`);
      };
      return placeOf(second).left >= placeOf(first).right - 1;
    },
    [first, second] as const,
  );
}

test("an answer that begins with the words of one that had ended is shown from its start", async () => {
  const { page, tell } = await openPage();
  const [stopped, whole] = ["Some *wo", "Some *words*:\n\n```js\nconst a = 1;\n```\n"];
  for (const start of [stopped, "Some", whole.slice(0, -9), `<think>\nHm</think>${stopped}`]) {
    const rest = start.startsWith("<") ? `<think>\nHm</think>${whole}` : whole;
    const shown = async () => (await page.locator(".markdown").allInnerTexts()).join("\n");
    await tell(stateMessage([question, answerMessage(rest)]));
    const wanted = await shown();
    await tell(stateMessage([question, answerMessage("", "streaming")]), deltaMessage(start), endedMessage("stopped"));
    await tell({ type: "event", event: { type: "retried", answerId: "answer" } }, deltaMessage(rest));
    await tell(endedMessage());
    assert.equal(await shown(), wanted, "asked for again");
    await tell(stateMessage([question, answerMessage(start, "interrupted")]));
    await tell(stateMessage([question, answerMessage(rest)]));
    assert.equal(await shown(), wanted, "finished elsewhere");
  }
});
