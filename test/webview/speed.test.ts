// The work that text makes grows no faster than the text, and never holds the page up: measured as time of the processor
// and compared with less text, so that neither the machine nor what else it does matters.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  answerMessage,
  type ChatPage,
  deltaMessage,
  endedMessage,
  processorTime,
  startPages,
  stateMessage,
  userMessage,
} from "./page.ts";

const openPage = await startPages();

const texts: Readonly<Record<string, string>> = {
  "Python without a fence": "def f12(*args, **kwargs): pass\n",
  "private names": "_private_name_12\n",
  "stars that close nothing": '"*a" ',
  brackets: "[a](",
  backticks: "``a ",
  "angle brackets": "<!--",
  "a list": "- an item\n",
  "a list in one line": "- ",
  "an item with code": "- a\n\n  ```js\n  let b;\n  ```\n  _c\n",
  "lines of one item": "  *a* [b](\n",
  "a quotation": "> a quotation\n",
  "a table": "| a | b |\n",
  "a word": "x",
  words: "some words ",
  formulas: "\\(a ",
};

/** What comes before the first of them. */
const starts: Readonly<Record<string, string>> = {
  "a table": "| a | b |\n|---|---|\n",
  "lines of one item": "- an item\n",
};

for (const [name, unit] of Object.entries(texts)) {
  test(
    `${name}: four times the answer is about four times the work, whole and streamed`,
    { timeout: 120_000 },
    async () => {
      const chat = await openPage();
      const start = starts[name] ?? "";
      for (const pieces of [1, 60]) {
        const work = async (length: number) => {
          const text = start + unit.repeat(length / unit.length);
          return processorTime(chat, () => streamAnswer(chat, text, pieces));
        };
        await work(4_000);
        const [short, long] = [await work(10_000), await work(40_000)];
        // Where the work grew with the square it would be sixteen times.
        assert.ok(long < 9 * (short + 0.05), `in ${pieces}: ${short} s for 10,000 characters, ${long} s for 40,000`);
      }
    },
  );
}

test("four times the answer is four times the nodes that are made for it, in any number of pieces", async () => {
  const paragraph =
    "The **tide** turns at `high water`:\n\n- the boats go out\n- the quay is dry\n\n```js\nflood();\n```\n\n";
  const made = async (paragraphs: number) => {
    const chat = await openPage();
    await chat.page.evaluate(() => {
      const { body } = document;
      const observer = new MutationObserver((changes) => {
        const added = changes.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0);
        body.dataset["added"] = String(Number(body.dataset["added"] ?? 0) + added);
      });
      observer.observe(body, { subtree: true, childList: true });
    });
    await streamAnswer(chat, paragraph.repeat(paragraphs), 5 * paragraphs);
    return Number(await chat.page.locator("body").getAttribute("data-added"));
  };
  const [short, long] = [await made(10), await made(40)];
  assert.ok(long < 5 * short, `${short} nodes for 10 paragraphs, ${long} for 40`);
});

test("what is out of sight of a long answer, or of a long chat, is not laid out", async () => {
  const { page, tell } = await openPage();
  const text = "Some words of a paragraph.\n\n";
  const laidOut = async (...conversation: Parameters<typeof stateMessage>) => {
    await tell(stateMessage([]), stateMessage(...conversation));
    return page
      .locator(".messages p")
      .evaluateAll((nodes) => nodes.filter((node) => node.checkVisibility({ contentVisibilityAuto: true })).length);
  };
  const answer = (paragraphs: number) => laidOut([userMessage("Hello"), answerMessage(text.repeat(paragraphs))]);
  const chat = (messages: number) =>
    laidOut(Array.from({ length: messages }, (_, i) => ({ ...answerMessage(text.repeat(40)), id: `answer ${i}` })));
  for (const [name, show, length] of [
    ["paragraphs", answer, 600],
    ["messages", chat, 20],
  ] as const) {
    const [short, long] = [await show(length), await show(4 * length)];
    assert.ok(
      long < 1.5 * short,
      `of ${length} ${name} ${short} paragraphs are laid out, of four times as many ${long}`,
    );
  }
});

test("open code of any length costs the same for a line more", { timeout: 120_000 }, async () => {
  const chat = await openPage();
  const line = "const answer = 42; // and words\n";
  const perLine = async (lines: number) => {
    await chat.tell(
      stateMessage([userMessage("Hello"), answerMessage(`\`\`\`js\n${line.repeat(lines)}`, "streaming")]),
    );
    return processorTime(chat, async () => {
      for (let more = 0; more < 20; more++) await chat.tell(deltaMessage(line));
    });
  };
  const [short, long] = [await perLine(200), await perLine(6_000)];
  assert.ok(long < 4 * (short + 0.05), `${short} s after 200 lines, ${long} s after 6,000`);
});

test("a key in a draft of 450,000 characters costs what it does in a bare field, and does not write the draft down", async () => {
  const chat = await openPage();
  const { page, tell } = chat;
  await tell(stateMessage([]));
  await page.evaluate(() => {
    const bare = document.createElement("textarea");
    bare.id = "bare";
    bare.wrap = "off";
    bare.spellcheck = false;
    document.body.append(bare);
  });
  for (const draft of ["some words of a draft ".repeat(20_455), "שלום עולם ".repeat(45_000)]) {
    const perKey = async (field: string) => {
      await page.locator(field).evaluate((node: HTMLTextAreaElement, text) => {
        node.value = text;
        node.focus();
        node.setSelectionRange(10, 10);
      }, draft);
      await page.keyboard.press("x");
      return processorTime(chat, async () => {
        for (let keys = 0; keys < 10; keys++) await page.keyboard.press("x");
      });
    };
    const [bare, key] = [await perKey("#bare"), await perKey("main textarea")];
    assert.ok(key < 4 * (bare + 0.05), `${key} s, and ${bare} s in a bare field`);
    const isWritten = await page.locator("main textarea").evaluate((node: HTMLTextAreaElement) => {
      const before = window.memory;
      node.dispatchEvent(new Event("input"));
      return window.memory !== before;
    });
    assert.equal(isWritten, false, "it is written when the keys rest");
  }
  await page.waitForFunction(() => (window.memory as { draft: string } | undefined)?.draft.startsWith("שלום"));
});

test("a message of a million characters shows its start, and the whole on demand", async () => {
  const { page, tell } = await openPage();
  const text = "some words ".repeat(90_000);
  await tell(stateMessage([userMessage(text)]));
  const shown = async () => (await page.locator(".user .text").textContent())?.length ?? 0;
  assert.ok((await shown()) < 3_000);
  await page.getByRole("button", { name: "Show the whole message" }).press("Enter");
  assert.equal(await shown(), text.length);
  await page.getByRole("button", { name: "Show less of the message" }).press("Enter");
  assert.ok((await shown()) < 3_000);
});

/** Sends an answer in a number of pieces, each when the last one is shown. */
async function streamAnswer({ tell, page }: ChatPage, text: string, pieces: number): Promise<void> {
  await tell(stateMessage([userMessage("Hello"), answerMessage("", "streaming")]));
  const size = Math.ceil(text.length / pieces);
  await page.evaluate(
    async ({ text, size }) => {
      for (let start = 0; start < text.length; start += size) {
        const event = { type: "delta", answerId: "answer", text: text.slice(start, start + size) };
        window.postMessage({ type: "event", event });
        await new Promise((done) => setTimeout(done));
        while (window.framesAsked > 0) await new Promise((done) => setTimeout(done));
      }
    },
    { text, size },
  );
  await tell(endedMessage());
}
