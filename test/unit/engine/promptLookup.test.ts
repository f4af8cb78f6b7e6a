import assert from "node:assert/strict";
import { test } from "node:test";

import { draftTokens } from "../../../server/engine/llama/decode/promptLookup.ts";

function guess(text: string, length = 4): string {
  return draftTokens(text.split(""), length).join("");
}

test("what followed the same end before", () => {
  assert.equal(guess("let boat = 1; let b"), "oat ");
  assert.equal(guess("abcdefabc"), "defa");
  assert.equal(guess("abcdefabc", 2), "de");
});

test("the latest place counts, and the longest match before it", () => {
  assert.equal(guess("xab1 xab2 xab", 1), "2");
  assert.equal(guess("xab1 yab2 xab", 1), "1");
});

test("nothing where nothing came back", () => {
  assert.equal(guess("abcdef"), "");
  assert.equal(guess("a"), "");
  assert.equal(guess(""), "");
});

test("a guess may reach over the end that it began with", () => {
  assert.equal(guess("aaa"), "a");
  assert.equal(guess("abab"), "ab");
});
