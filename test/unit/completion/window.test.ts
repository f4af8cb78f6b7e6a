import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { cutWindow, windowBudget } from "../../../server/completion/window.ts";
import { requestAt } from "../../support/cursor.ts";

/** A tokenizer for tests: four characters are a token. */
const countTokens = (text: string) => Promise.resolve(Math.ceil(text.length / 4));

test("what fits is not cut", async () => {
  const window = await cutWindow(requestAt("one\ntwo║three\nfour"), { prefix: 100, suffix: 100 }, countTokens);
  assert.deepEqual(window, { prefix: "one\ntwo", suffix: "three\nfour", room: 100 });
});

test("cuts to whole lines next to the cursor", async () => {
  const lines = Array.from({ length: 50 }, (_, i) => `line ${String(i).padStart(2, "0")}`);
  const picture = `${lines.join("\n")}\n║${lines.join("\n")}`;
  const { prefix, suffix } = await cutWindow(requestAt(picture), { prefix: 10, suffix: 10 }, countTokens);
  assert.equal(prefix, "line 46\nline 47\nline 48\nline 49\n");
  assert.equal(suffix, "line 00\nline 01\nline 02\nline 03\n");
});

test("the window begins at the same line for many keys, so that what was evaluated stays of use", async () => {
  const text = Array.from({ length: 400 }, (_, i) => `const value${i} = ${i};`).join("\n");
  const begins = new Set<string>();
  for (let typed = 0; typed < 200; typed++) {
    const request = requestAt(`${text}\n${"x".repeat(typed)}║`);
    const { prefix } = await cutWindow(request, { prefix: 400, suffix: 0 }, countTokens);
    begins.add(prefix.slice(0, 20));
  }
  assert.ok(begins.size <= 2, `${begins.size} beginnings`);
});

test("also while lines are added, however short the window is", async () => {
  const lines = Array.from({ length: 400 }, (_, i) => `const value${i} = ${i};\n`);
  for (const prefix of [100, 200, 400]) {
    const begins = new Set<string>();
    for (let end = 200; end < 400; end++) {
      const window = await cutWindow(requestAt(`${lines.slice(0, end).join("")}║`), { prefix, suffix: 0 }, countTokens);
      begins.add(window.prefix.slice(0, 20));
    }
    // A quarter of the lines that fit, half of which is less than a power of two that divides one of them.
    const choice = (prefix * 4) / "const value200 = 200;\n".length / 4;
    assert.ok(begins.size <= 200 / (choice / 2) + 1, `${begins.size} beginnings of ${prefix} tokens`);
  }
});

test("what a prefix of some lines does not use goes to the suffix, the same for many keys", async () => {
  const after = "const value = 1;\n".repeat(100);
  const suffixes = new Set<string>();
  for (let typed = 0; typed < 100; typed++) {
    const request = requestAt(`${"x".repeat(typed)}║\n${after}`);
    suffixes.add((await cutWindow(request, { prefix: 384, suffix: 128 }, countTokens)).suffix);
  }
  assert.deepEqual(await Promise.all([...suffixes].map(countTokens)), [256]);
  const full = requestAt(`${after}║\n${after}`);
  assert.ok((await countTokens((await cutWindow(full, { prefix: 384, suffix: 128 }, countTokens)).suffix)) <= 128);
});

test("never exceeds the budget, ends at the cursor, and cuts no character", async () => {
  const text = fc
    .array(fc.constantFrom("a", "bc", " ", "\n", "🦅", "é"), { maxLength: 400 })
    .map((all) => all.join(""));
  const tokens = fc.integer({ min: 0, max: 60 });
  await fc.assert(
    fc.asyncProperty(text, text, tokens, tokens, async (before, after, prefix, suffix) => {
      const window = await cutWindow(requestAt(`${before}║${after}`), { prefix, suffix }, countTokens);
      const [start, end] = [await countTokens(window.prefix), await countTokens(window.suffix)];
      assert.ok(start <= prefix && before.endsWith(window.prefix));
      assert.ok(start + end <= prefix + suffix && after.startsWith(window.suffix));
      assert.ok((window.prefix + window.suffix).isWellFormed());
    }),
  );
});

test("text of which a character makes several tokens fits the budget too", async () => {
  const countBytes = (text: string) => Promise.resolve(Buffer.byteLength(text));
  const window = await cutWindow(requestAt("隼は速い║鳥です"), { prefix: 6, suffix: 3 }, countBytes);
  assert.deepEqual([window.prefix, window.suffix], ["速い", "鳥"]);
});

test("the budget leaves room for the completion, and gives the suffix nothing without infill", () => {
  const promptRate = 10_000;
  assert.deepEqual(windowBudget({ contextSize: 1024, infill: true, promptRate }, 96), { prefix: 690, suffix: 230 });
  assert.deepEqual(windowBudget({ contextSize: 1024, infill: false, promptRate }, 96), { prefix: 920, suffix: 0 });
  assert.deepEqual(windowBudget({ contextSize: 100, infill: true, promptRate }, 96), { prefix: 0, suffix: 0 });
});

test("the window is what the model evaluates in half a second, but neither useless nor without end", () => {
  const sizeAt = (promptRate: number, infill = false) => {
    const { prefix, suffix } = windowBudget({ contextSize: 8192, infill, promptRate }, 96);
    return prefix + suffix;
  };
  assert.deepEqual([sizeAt(2100), sizeAt(3900), sizeAt(3900, true)], [1024, 1024, 1024]);
  assert.deepEqual([sizeAt(50), sizeAt(0)], [512, 512]);
  assert.deepEqual([sizeAt(4096), sizeAt(100_000)], [2048, 2048]);
});
