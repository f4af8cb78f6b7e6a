import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "../../support/fastCheck.ts";

import { PromptLookup } from "../../../server/engine/llama/decode/promptLookup.ts";

function draft(text: string, length = 4): string {
  const lookup = new PromptLookup(Array.from(text, (character) => character.charCodeAt(0)));
  return String.fromCharCode(...lookup.draft(length));
}

test("what followed the same end before", () => {
  assert.equal(draft("let boat = 1; let b"), "oat ");
  assert.equal(draft("abcdefabc"), "defa");
  assert.equal(draft("abcdefabc", 2), "de");
});

test("the latest place counts, and the longest match before it", () => {
  assert.equal(draft("xab1 xab2 xab", 1), "2");
  assert.equal(draft("xab1 yab2 xab", 1), "1");
});

test("nothing where nothing came back", () => {
  assert.equal(draft("abcdef"), "");
  assert.equal(draft("a"), "");
  assert.equal(draft(""), "");
});

test("where the text goes round in a circle, the draft does, too", () => {
  assert.equal(draft("aaa"), "aaaa");
  assert.equal(draft("abab"), "abab");
  assert.equal(draft("xabcabc"), "abca");
  assert.equal(draft("abab", 0), "");
});

test("is what a search through the whole text finds", () => {
  const text = fc.array(fc.constantFrom(1, 2, 3, 11, 112), { maxLength: 60 });
  fc.assert(
    fc.property(text, fc.nat(8), (tokens, length) => {
      assert.deepEqual(new PromptLookup(tokens).draft(length), search(tokens, length));
    }),
    { numRuns: 1000 },
  );
});

function search(tokens: readonly number[], length: number): readonly number[] {
  for (let match = Math.min(3, tokens.length - 1); match > 0; match--) {
    const end = tokens.slice(-match);
    for (let start = tokens.length - match - 1; start >= 0; start--) {
      if (end.every((token, i) => tokens[start + i] === token)) {
        const followed = tokens.slice(start + match);
        return Array(length).fill(followed).flat().slice(0, length) as number[];
      }
    }
  }
  return [];
}

test("a long text is no slower to draft from than a short one", () => {
  const lookup = new PromptLookup<number>([]);
  const start = performance.now();
  // Three tokens that never came before, again and again: a search would go through all of the text each time.
  for (let i = 0; i < 100_000; i++) {
    lookup.push(i);
    assert.deepEqual(lookup.draft(16), []);
  }
  assert.ok(performance.now() - start < 30_000);
});
