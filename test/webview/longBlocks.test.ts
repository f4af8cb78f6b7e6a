// Blocks that are longer than what is read at once have the structure that they have when marked reads them whole.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Marked } from "marked";

import {
  type ChatPage,
  answerMessage,
  deltaMessage,
  endedMessage,
  startPages,
  stateMessage,
  userMessage,
} from "./page.ts";

const openPage = await startPages();

const code = Array.from({ length: 60 }, (_, line) => `const value${line} = compute(${line}, "some words of text");`);
const fenced = ["```ts", ...code, "```"];
const sentence = "Some words that make up a sentence of an answer. ";

const indented = (indent: string, lines: readonly string[]) => lines.map((line) => indent + line).join("\n");
const nestedBullets = (count: number) =>
  Array.from({ length: count }, (_, item) => `  - inner ${item}\n    - innermost of ${sentence}`).join("\n");

const texts: Readonly<Record<string, string>> = {
  "items with fenced code": [1, 2, 3].map((n) => `${n}. Do this:\n\n${indented("   ", fenced)}\n\n`).join(""),
  "items with fenced code and words after it": [1, 2]
    .map((n) => `${n}. Do:\n${indented("   ", fenced)}\n\n   Done.\n`)
    .join(""),
  "bullets with fenced code in bullets": `- a\n${[1, 2].map(() => `  - b\n\n${indented("    ", fenced)}\n`).join("\n")}\n- c\n`,
  "quoted fenced code": `> Like this:\n>\n${indented("> ", fenced)}\n>\n> Then that.\n\nAfter it.\n`,
  "a quoted list": `> - a\n${`> - ${sentence}\n`.repeat(80)}\nAfter it.\n`,
  "nested bullets": `- one\n${nestedBullets(40)}\n- two\n${nestedBullets(40)}\n\nAfter it.\n`,
  "an item of many paragraphs": `1. One\n\n${`   ${sentence.repeat(4)}\n\n`.repeat(20)}2. Two\n\nAfter it.\n`,
  "an item of one long paragraph": `- ${sentence.repeat(60)}\n- two\n`,
  "indented code": `Before:\n\n${indented("    ", code)}\n\nAfter it.\n`,
  "a list of many items": "- an item\n".repeat(400),
  "a table and a heading": `| a | b |\n|---|---|\n${"| 1 | 2 |\n".repeat(198)}# Heading\n\nAfter it.\n`,
  "tables of all lengths and a heading": Array.from(
    { length: 12 },
    (_, more) => `| a | b |\n|---|---|\n${"| 1 | 2 |\n".repeat(192 + more)}# Heading\n\n`,
  ).join(""),
  "headings and words": `# Heading\n${sentence.repeat(3)}\n\n## Another\n`.repeat(40),
  HTML: `<div>\n<b>${sentence}</b>\n</div>\n\n`.repeat(60),
  "links by reference": `See [this][a] or [that].\n\n[a]: https://a.example\n\n`.repeat(60),
};

for (const [name, text] of Object.entries(texts)) {
  test(`${name}: the structure is that of the whole, streamed or not`, async () => {
    const chat = await openPage();
    assert.ok(text.length > 2_000);
    const whole = await outlineOf(chat, await wholeByMarked(text));
    await chat.tell(stateMessage([userMessage("Hello"), answerMessage(text)]));
    const shown = await chat.page.locator(".markdown").innerHTML();
    const blocks = await chat.page
      .locator(".markdown > .group")
      .evaluateAll((nodes) => nodes.map((node) => node.innerHTML));
    assert.deepEqual(await outlineOf(chat, blocks.join("")), whole);
    await chat.tell(stateMessage([userMessage("Hello"), answerMessage("", "streaming")]));
    for (let start = 0; start < text.length; start += 937)
      await chat.tell(deltaMessage(text.slice(start, start + 937)));
    await chat.tell(endedMessage());
    assert.equal(await chat.page.locator(".markdown").innerHTML(), shown);
  });
}

test("code in an item of more than 10,000 characters goes on as code, and ends with its fence", async () => {
  const { page, tell } = await openPage();
  const long = ["```ts", ...Array.from({ length: 8 }, () => code).flat(), "```"];
  const text = `1. Do this:\n\n${indented("   ", long)}\n\n2. Then that.\n`;
  await tell(stateMessage([userMessage("Hello"), answerMessage(text)]));
  const lines = await page.locator(".markdown pre").allTextContents();
  assert.equal(lines.join("\n").replace(/\n+/g, "\n").trim(), long.slice(1, -1).join("\n"));
  assert.equal(await page.locator(".markdown ol > li").last().textContent(), "Then that.");
});

test("the row that is being written makes no second table", async () => {
  const { page, tell } = await openPage();
  const table = `| a | b |\n|---|---|\n${"| 1 | 2 |\n".repeat(198)}`;
  await tell(stateMessage([userMessage("Hello"), answerMessage("", "streaming")]), deltaMessage(`${table}# Head`));
  assert.equal(await page.locator(".markdown table").count(), 1);
  assert.equal(await page.locator(".markdown h3").textContent(), "Head");
});

/** What marked makes of a text at once; like the page, it leaves HTML and the definitions of references as they are written. */
function wholeByMarked(text: string): string | Promise<string> {
  return new Marked({ tokenizer: { html: () => undefined, tag: () => undefined, def: () => undefined } }).parse(text);
}

/** The blocks of HTML in order, each with the depth that it stands at. Each piece of a list is tight or loose by itself. */
function outlineOf({ page }: ChatPage, html: string): Promise<string[]> {
  return page.evaluate((written) => {
    const { body } = new DOMParser().parseFromString(written, "text/html");
    for (const block of body.querySelectorAll(".code-block")) block.replaceWith(document.createElement("pre"));
    return [...body.querySelectorAll("ul, ol, li, p:not(li > p), blockquote, pre, table, tr, h1, h2, h3, h4")].map(
      (node) => {
        let depth = 0;
        for (let holder = node.parentElement; holder; holder = holder.parentElement) depth++;
        // The page's own headings are of the second level.
        const name = node.localName.replace(/h([12])/, (_, level: string) => `h${Number(level) + 2}`);
        return `${depth} ${name}`;
      },
    );
  }, html);
}
