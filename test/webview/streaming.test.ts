// An answer while it is written: the same in the end however it came, no more work than needed, the end in sight.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../support/fastCheck.ts";
import type { Page } from "playwright-core";

import { answerMessage, deltaMessage, endedMessage, startPages, stateMessage, userMessage } from "./page.ts";
import type { PageOptions } from "./browser.ts";

const openPage = await startPages();

const question = userMessage("Hello");

const answer = `# A function

It adds *two* numbers, see [here](https://example.com/a_b):

1. first

   \`\`\`python
   def add(a, b):
       return a + b
   \`\`\`

2. second \`inline\`

\`\`\`typescript
// adds
export function add(a: number, b: number): number {
  return a + b;
}
\`\`\`

| a | b |
|---|--:|
| 1 | 2 |

> quoted\r
> twice

Setext
---

~~~
no language
~~~
The *end`;

test("pieces of any size end in the DOM of the whole", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage(answer)]));
  const whole = await page.locator(".markdown").innerHTML();
  assert.match(whole, /hljs-keyword/);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 4, maxLength: 30 }), async (sizes) => {
      await tell(stateMessage([question, answerMessage("", "streaming")]));
      await stream(page, cut(answer, sizes));
      await tell(endedMessage());
      assert.equal(await page.locator(".markdown").innerHTML(), whole);
    }),
    { numRuns: 12 },
  );
});

test("finished blocks keep their nodes, also when a stopped answer is asked for again", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage("", "streaming")]));
  await tell(deltaMessage("First.\r\n\r\n```js\r\nconst a = 1;\r\n```\r\n"));
  const first = await page.waitForSelector(".markdown p");
  const code = await page.waitForSelector(".markdown .code-block");
  assert.equal(await page.locator(".hljs-keyword").count(), 1, "closed code has its colours while the answer goes on");
  await tell(deltaMessage("\nSecond, *still"), deltaMessage(" open*."));
  await tell(endedMessage());
  assert.equal(await first.evaluate((node) => node.isConnected), true);
  assert.equal(await code.evaluate((node) => node.isConnected), true);
  await tell({ type: "event", event: { type: "retried", answerId: "answer" } }, deltaMessage("Anew."));
  assert.equal(await page.locator(".markdown").textContent(), "Anew.\n");
});

test("open code grows in one node and gets its colours when it is closed", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage("", "streaming")]), deltaMessage("```js\nconst a"));
  const code = await page.waitForSelector(".code-block");
  await tell(deltaMessage(" = 1;\nlet b"));
  assert.equal(await page.locator(".code-block code").textContent(), "const a = 1;\nlet b");
  assert.equal(await page.locator("[class^=hljs]").count(), 0);
  await tell(deltaMessage(" = 2;\n```\n"));
  assert.equal(await code.evaluate((node) => node.isConnected), true);
  assert.equal(await page.locator("[class^=hljs]").count(), 4);
});

test("at most one rendering per frame, while text comes in", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage("", "streaming")]));
  const { frames, renderings } = await page.evaluate(async () => {
    let renderings = 0;
    let frames = 0;
    const countFrame = () => {
      frames++;
      requestAnimationFrame(countFrame);
    };
    requestAnimationFrame(countFrame);
    const whole = { subtree: true, childList: true, characterData: true };
    new MutationObserver(() => renderings++).observe(document.querySelector(".messages") ?? document, whole);
    for (let delta = 0; frames < 20 || renderings < 5; delta++) {
      window.postMessage({ type: "event", event: { type: "delta", answerId: "answer", text: `word ${delta}. ` } });
      if (delta % 4 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    return { frames, renderings };
  });
  assert.ok(renderings <= frames + 1, `${renderings} renderings in ${frames} frames`);
});

test("the end stays in sight until the reader scrolls away, and comes back by the button", async () => {
  const { page, tell } = await openPage({ height: 400 });
  const paragraph = "Some words that fill a line or two of the page.\n\n";
  await tell(stateMessage([question, answerMessage(paragraph.repeat(20), "streaming")]));
  const distance = () =>
    page.locator(".scroller").evaluate((node) => node.scrollHeight - node.clientHeight - node.scrollTop);
  const jump = page.getByRole("button", { name: "Go to the latest message" });
  await tell(deltaMessage(paragraph.repeat(5)));
  assert.ok((await distance()) < 2, "it follows");
  assert.equal(await jump.isVisible(), false);
  await page.mouse.move(150, 150);
  await page.mouse.wheel(0, -300);
  await jump.waitFor();
  const away = await page.locator(".scroller").evaluate((node) => node.scrollTop);
  await tell(deltaMessage(paragraph.repeat(5)));
  assert.equal(
    await page.locator(".scroller").evaluate((node) => node.scrollTop),
    away,
    "it stays where the reader is",
  );
  await jump.click();
  await tell(deltaMessage(paragraph));
  assert.ok((await distance()) < 2, "it follows again");
  assert.equal(await jump.isVisible(), false);
});

test("the end stays in sight when the side bar is made narrower", async () => {
  const { page, tell } = await openPage({ width: 400, height: 400 });
  await tell(stateMessage([question, answerMessage("Many words in one paragraph. ".repeat(200))]));
  // In steps that come at any time of a frame, as when one drags the border.
  const hidden = await page.locator(".scroller").evaluate(async (node) => {
    for (let width = 390; width >= 200; width -= 5) {
      document.documentElement.style.width = `${width}px`;
      await new Promise((done) => setTimeout(done, 7));
    }
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return node.scrollHeight - node.clientHeight - node.scrollTop;
  });
  assert.ok(hidden < 2, `${hidden} pixels from the end`);
});

test("a page that is made again shows the place where the reader was, though nothing above was laid out", async () => {
  const lines = Array.from({ length: 600 }, (_, i) => `Line ${i}.\n\n`).join("");
  const messages = Array.from({ length: 20 }, (_, i) => [
    userMessage(`Question ${i}`),
    { ...answerMessage(lines.slice(0, 1_000 * (i + 1))), id: `answer ${i}` },
  ]).flat();
  const first = await openPage({ height: 400 });
  await first.tell(stateMessage(messages));
  const atTop = (page: Page) =>
    page.locator(".scroller").evaluate((node) => {
      const { top } = node.getBoundingClientRect();
      const shown = [...node.querySelectorAll(".markdown p")].filter((each) =>
        each.checkVisibility({ contentVisibilityAuto: true }),
      );
      return shown.find((each) => each.getBoundingClientRect().bottom > top)?.textContent;
    });
  await first.page.mouse.move(150, 150);
  for (let turns = 0; turns < 12; turns++) {
    await first.page.mouse.wheel(0, -1_500);
    await first.page.waitForFunction(() => new Promise((done) => requestAnimationFrame(() => done(true))));
    await first.tell();
  }
  const seen = await atTop(first.page);
  assert.match(seen ?? "", /^Line \d+\.$/);
  const memory = (await first.page.evaluate(() => window.memory)) as NonNullable<PageOptions["memory"]>;
  const { page, tell } = await openPage({ height: 400, memory: { ...memory, draft: "half a" } });
  await tell(stateMessage(messages));
  assert.equal(await atTop(page), seen);
  assert.equal(await page.locator("textarea").inputValue(), "half a");
});

test("200 kB of what is slow to read neither hang the page nor lose a word", { timeout: 120_000 }, async () => {
  const { page, tell } = await openPage();
  const size = 200_000;
  const slow = ["- ", "> ", "a.", "!", "*", "[a](", "a**b", "word ", "`a", "<a ", "1. ", "|"];
  for (const text of slow) {
    const long = text.repeat(size / text.length);
    await tell(stateMessage([question, answerMessage("", "streaming")]), deltaMessage(`Before\n\n${long}`));
    await tell(deltaMessage("\n\nAfter\n"), endedMessage());
    await page.locator(".answer:not(.streaming)").waitFor();
    const shown = await page.locator(".markdown").evaluate((node) => node.textContent);
    assert.ok(shown.startsWith("Before") && shown.trimEnd().endsWith("After") && shown.length > size, text);
  }
});

test("nesting too deep to be read is shown as it is written", async () => {
  const { page, tell } = await openPage();
  const deep = `${"> - ".repeat(1_200)}deep`;
  await tell(stateMessage([question, answerMessage(deep)]));
  assert.ok((await page.locator(".markdown").textContent()) === deep);
});

test("200 kB of code and 50 kB of a list stream in", { timeout: 120_000 }, async () => {
  const { page, tell } = await openPage();
  for (const [start, line, size] of [
    ["```js\n", "const answer = 42;\n", 200_000],
    ["", "- an item of a list\n", 50_000],
  ] as const) {
    await tell(stateMessage([question, answerMessage("", "streaming")]), deltaMessage(start));
    await stream(page, Array<string>(40).fill(line.repeat(size / 40 / line.length)));
    await tell(endedMessage());
    await page.locator(".answer:not(.streaming)").waitFor();
    const shown = await page.locator(".markdown").evaluate((node) => node.textContent.length);
    assert.ok(shown > 0.8 * size);
  }
});

test("each paragraph runs in the direction of its script, and code from left to right", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage("مرحبا *بك*\n\nHello\n\n```\nمرحبا\n```\n")]));
  const directions = await page
    .locator(".markdown p, .markdown pre")
    .evaluateAll((nodes) => nodes.map((node) => getComputedStyle(node).direction));
  assert.deepEqual(directions, ["rtl", "ltr", "ltr"]);
});

test("a screen reader hears that an answer begins and, once, the whole", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([question, answerMessage("Old answer")]));
  const announced = () => page.locator("main > [aria-live=polite]").textContent();
  assert.equal(await announced(), "");
  const asked = { type: "asked", message: userMessage("Again"), answerId: "new" } as const;
  const delta = { type: "delta", answerId: "new", text: "Some *new* words" } as const;
  await tell({ type: "event", event: asked }, { type: "event", event: delta });
  assert.equal(await announced(), "Falcon is answering");
  await tell({ type: "event", event: { type: "ended", answerId: "new", state: "stopped" } });
  assert.equal(await announced(), "Falcon answered: Some new words\nStopped");
  assert.equal(await page.locator("[role=log]").getAttribute("aria-live"), "off");
});

/** A text in pieces of these sizes, over and over. */
function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let start = 0, index = 0; start < text.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(text.slice(start, start + size));
    start += size;
  }
  return pieces;
}

/** Sends pieces of the answer, one per frame. */
async function stream(page: Page, pieces: readonly string[]): Promise<void> {
  await page.evaluate(async (texts) => {
    for (const text of texts) {
      window.postMessage({ type: "event", event: { type: "delta", answerId: "answer", text } });
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, pieces);
}

test("a long chat that opens frame by frame puts each message into the page once", async () => {
  const { page, tell } = await openPage();
  const messages = Array.from({ length: 150 }, (_, i) => [
    userMessage(`Question ${i}`),
    { ...answerMessage(`\`\`\`js\n${"let answer = 42;\n".repeat(20)}\`\`\`\n\nAnswer ${i}.`), id: `answer ${i}` },
  ]).flat();
  await page.evaluate(() => {
    const place = document.querySelector<HTMLElement>(".messages");
    if (!place) throw new Error("There is no list of messages.");
    new MutationObserver((changes) => {
      const added = changes.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0);
      place.dataset["added"] = String(Number(place.dataset["added"] ?? 0) + added);
    }).observe(place, { childList: true });
  });
  await tell(stateMessage(messages));
  assert.equal(await page.locator(".messages > .message").count(), messages.length);
  assert.equal(await page.locator(".messages").getAttribute("data-added"), String(messages.length));
});
