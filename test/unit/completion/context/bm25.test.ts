import assert from "node:assert/strict";
import { test } from "node:test";

import { InvertedIndex } from "../../../../server/completion/context/bm25.ts";

test("common terms find nothing, removed texts are not found", () => {
  const index = new InvertedIndex();
  const numbers = Array.from({ length: 100 }, (_, i) =>
    index.add(new Set(["const", i % 50 === 0 ? "wheel" : `x${i}`])),
  );
  assert.deepEqual(index.search(new Map([["const", 1]]), 5), []);
  assert.deepEqual(index.search(new Map([["wheel", 1]]), 5), [0, 50]);
  assert.deepEqual(index.search(new Map([["wheel", 1]]), 1), [0]);
  assert.deepEqual(index.search(new Map([["x7", 2], ["wheel", 1]]), 1), [7]); // prettier-ignore
  for (const number of numbers) if (number !== 50) index.remove(number);
  index.remove(3);
  assert.equal(index.size, 1);
  assert.deepEqual(index.search(new Map([["wheel", 1]]), 5), [50]);
});

test("of a query with many terms only the rarest are looked up", () => {
  const index = new InvertedIndex();
  for (let i = 0; i < 100_000; i++) index.add(new Set([`term${i % 20}`, ...(i % 20_000 === 7 ? ["rare"] : [])]));
  const terms = Array.from({ length: 20 }, (_, i) => [`term${i}`, 1] as const);
  const found = index.search(new Map([...terms, ["rare", 1]]), 100_000);
  assert.deepEqual(new Set(found.slice(0, 5)), new Set([7, 20_007, 40_007, 60_007, 80_007]));
  assert.ok(found.length <= 20_000, `${found.length} texts`);
});
