import assert from "node:assert/strict";
import { test } from "node:test";

import { endsInLoop } from "../../../server/chat/loop.ts";

test("words that come again and again are a loop, wherever they are cut", () => {
  const loop = "It says:\n" + "and the harbour today, ".repeat(8);
  assert.ok(endsInLoop(loop));
  assert.ok(endsInLoop(loop.slice(0, -5)));
  assert.ok(endsInLoop("    boats: list[str],\n".repeat(8)));
});

test("what repeats for a while, or differs a little, is none", () => {
  assert.ok(!endsInLoop("and the harbour today, ".repeat(6)));
  assert.ok(!endsInLoop("and the harbour today, ".repeat(20) + "."));
  assert.ok(!endsInLoop(Array.from({ length: 60 }, (_, i) => `item ${i},\n`).join("")));
});

test("a rule or a row of numbers is none", () => {
  assert.ok(!endsInLoop("words\n" + "-".repeat(300)));
  assert.ok(!endsInLoop("0, ".repeat(200)));
});
