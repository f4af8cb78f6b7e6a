// How the page looks: screenshots of its states, and that its words can be read in every theme.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";

import type { Attachment, Message, ToWebview } from "../../src/shared/chat.ts";
import {
  type ChatPage,
  answerMessage,
  demonstrationStatus,
  readyStatus,
  startPages,
  stateMessage,
  userMessage,
} from "./page.ts";
import { findFaint } from "./contrast.ts";
import { findNameless } from "./names.ts";
import { type ThemeName, themes } from "./themes.ts";

const openPage = await startPages();
mkdirSync("out/screenshots/webview", { recursive: true });

const attachment: Attachment = {
  id: "a1",
  label: "prices.ts:12-27",
  uri: "file:///shop/prices.ts",
  languageId: "typescript",
  text: `/** The price of a basket, after its discount. */
export function priceOf(basket: Basket, discount = 0): number {
  if (discount < 0 || discount > 1) {
    throw new RangeError("A discount is a share of the price.");
  }
  let sum = 0;
  for (const { item, count } of basket.items) {
    sum += item.price * count;
  }
  // Cents are what one pays with.
  return Math.round(sum * (1 - discount) * 100) / 100;
}

export function format(price: number): string {
  return \`€ \${price.toFixed(2)}\`;
}`,
  range: { startLine: 11, endLine: 26 },
};

const answer = `### What it does

\`priceOf\` adds up the **prices of all items** and takes the discount off:

1. It checks that \`discount\` lies between 0 and 1.
2. It sums \`price * count\`.
   - An empty basket costs nothing.
3. It rounds to *cents*, see [Math.round](https://developer.mozilla.org/).

> Floating point makes \`0.1 + 0.2\` a little more than \`0.3\`.

A shorter way:

\`\`\`typescript
// The sum, in one expression
const sum = basket.items.reduce((total, { item, count }) => total + item.price * count, 0);
if (sum === null) throw new Error("no sum");
\`\`\`

| Discount | Price |
|---------:|------:|
| 0 | 10.00 |
| 0.25 | 7.50 |
`;

const conversation: readonly Message[] = [
  { ...userMessage("", [attachment]), command: "explain" },
  { ...answerMessage(answer), id: "first" },
  userMessage("And in Python?\nوبالعربية؟"),
  answerMessage(
    "```python\ndef price_of(basket, discount=0):\n    return round(sum(i.price * n for i, n in bas",
    "stopped",
  ),
];

for (const theme of Object.keys(themes) as ThemeName[]) {
  test(`${theme}: a conversation can be read`, async () => {
    const { page, tell, screenshot, complaints } = await openPage({ theme, height: 1500 });
    await tell(stateMessage(conversation, readyStatus, [attachment]));
    await page.locator("textarea").fill("And how is it rounded?");
    await page.waitForFunction(() => document.fonts.status === "loaded");
    await screenshot(theme);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    assert.deepEqual(complaints, []);
  });
}

for (const theme of ["hc", "hcLight"] as const) {
  test(`${theme}: what can be used has a border`, async () => {
    const { page, tell } = await openPage({ theme });
    await tell(stateMessage(conversation, readyStatus, [attachment]));
    for (const part of [".box", ".user", ".code-block", ".quote", ".chip"]) {
      const [width, colour] = await page
        .locator(part)
        .first()
        .evaluate((node) => [getComputedStyle(node).borderTopWidth, getComputedStyle(node).borderTopColor]);
      assert.equal(width, "1px", part);
      assert.equal(colour, theme === "hc" ? "rgb(111, 195, 223)" : "rgb(15, 74, 133)", part);
    }
  });
}

test("nothing runs over the edge, however narrow the side bar is", async () => {
  for (const width of [170, 230, 900]) {
    const { page, tell, screenshot } = await openPage({ width, height: 1500 });
    const long = `${"https://example.com/".repeat(12)} ${"x".repeat(300)} \`${"y".repeat(300)}\``;
    const messages = [...conversation.slice(0, 3), answerMessage(`${answer}\n${long}`, "truncated")];
    await tell(
      stateMessage(messages, readyStatus, [
        attachment,
        { ...attachment, id: "a2", label: "a-file-with-a-long-name.ts" },
      ]),
    );
    await screenshot(width === 170 ? "narrow" : `width-${width}`);
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((node) => !node.closest("pre, table, .visually-hidden"))
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5)
        .map((node) => `${node.tagName}.${node.className}`),
    );
    assert.deepEqual(wide, [], `${width} px`);
  }
});

test("every state of the page has its picture", async () => {
  const problem = { message: "/models/notes.txt is not a GGUF file.", action: "selectModel" } as const;
  const half = conversation.slice(0, 3);
  const states = {
    welcome: stateMessage([]),
    demonstration: stateMessage([], demonstrationStatus),
    loading: stateMessage([], { state: "loading", model: "Falcon3 7B Instruct", progress: 0.42 }),
    "load-failed": stateMessage([], { state: "failed", model: "notes.txt", problem }),
    "load-failed-later": stateMessage(half.slice(0, 2), { state: "failed", model: "notes.txt", problem }),
    thinking: stateMessage([...half, answerMessage("", "streaming")]),
    streaming: stateMessage([
      ...half,
      answerMessage("The same in Python:\n\n```python\ndef price_of(bas", "streaming"),
    ]),
    "streaming-text": stateMessage([userMessage("Hello"), answerMessage("Hello! I am **Falcon**, and I", "streaming")]),
    error: stateMessage([
      ...half,
      answerMessage("The same in", "failed", { message: "The model's process ended.", action: "restartServer" }),
    ]),
    "needs-model": stateMessage(
      [
        userMessage("What does a harbour master do?"),
        answerMessage("", "done", {
          message:
            "Falcon Tiny Demo is a demonstration model: it completes lines, and explains or documents a function in Python, JavaScript or TypeScript that you select. For everything else choose a real Falcon, then try again.",
          action: "selectModel",
        }),
      ],
      demonstrationStatus,
    ),
    repeated: stateMessage([
      ...half.slice(0, 1),
      {
        ...answerMessage("`priceOf`: Returns the price of a basket."),
        notes: ["The model repeated itself, and the answer was ended."],
      },
    ]),
    interrupted: stateMessage([...half, answerMessage("The same in", "interrupted")]),
    "long-text": stateMessage([
      userMessage("A long question. ".repeat(60)),
      answerMessage(
        `${"A long answer, in one paragraph. ".repeat(80)}\n\n\`\`\`\n${"long line ".repeat(60)}\n\`\`\`\n`,
      ),
    ]),
  };
  const dark = await openPage();
  for (const [name, state] of Object.entries(states)) await picture(dark, name, state);
  for (const theme of ["light", "hc"] as const) {
    const page = await openPage({ theme });
    for (const name of ["demonstration", "needs-model", "welcome"] as const) {
      await picture(page, `${name}-${theme}`, states[name]);
    }
  }
  const narrow = await openPage({ width: 200 });
  for (const name of ["demonstration", "needs-model"] as const) await picture(narrow, `${name}-narrow`, states[name]);

  async function picture({ page, tell, screenshot, complaints }: ChatPage, name: string, state: ToWebview) {
    await tell(stateMessage([]), state);
    await page.waitForFunction(() => document.fonts.status === "loaded");
    await screenshot(name);
    assert.deepEqual(await findFaint(page), [], name);
    assert.deepEqual(await findNameless(page), [], name);
    assert.deepEqual(complaints, [], name);
  }
});

test("who wants no motion gets none", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([userMessage("Hello"), answerMessage("", "streaming")]));
  const moving = () => page.evaluate(() => document.getAnimations().length);
  assert.equal(await moving(), 1);
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await moving(), 0);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.evaluate(() => document.body.classList.add("vscode-reduce-motion"));
  assert.equal(await moving(), 0);
});
