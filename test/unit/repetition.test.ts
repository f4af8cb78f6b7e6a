import assert from "node:assert/strict";
import { test } from "node:test";

import { loopAtEnd } from "../../server/repetition.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../support/growth.ts";

test("words that come again and again are a loop, wherever they are cut", () => {
  const loop = "It says:\n" + "and the harbour today, ".repeat(7);
  assert.deepEqual(loopAtEnd(loop, 4), { start: 9, period: 23 });
  assert.deepEqual(loopAtEnd(loop.slice(0, -5), 4), { start: 9, period: 23 });
});

test("what repeats too few times, or is left, is none", () => {
  assert.equal(loopAtEnd("and the harbour today, ".repeat(3), 4), undefined);
  assert.equal(loopAtEnd("and the harbour today, ".repeat(20) + ".", 4), undefined);
  assert.equal(loopAtEnd(Array.from({ length: 60 }, (_, i) => `item ${i},\n`).join(""), 4), undefined);
});

test("a rule or a row of numbers is none", () => {
  assert.equal(loopAtEnd("words\n" + "-".repeat(300), 4), undefined);
  assert.equal(loopAtEnd("0, ".repeat(200), 4), undefined);
});

test("the time grows with the text, whatever that consists of", () => {
  for (const piece of [...repetitions, "1a", "0, ", "and the harbour, "]) {
    assertGrowsWithLength(JSON.stringify(piece), (length) => {
      loopAtEnd(repeated(piece, length), 4);
      loopAtEnd(repeated(piece, length), length);
    });
  }
});
