import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../support/fastCheck.ts";

import { overlaps } from "../../server/overlap.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../support/growth.ts";

test("all ends that the other begins with are found", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const expected: number[] = [];
      for (let length = other.length; length > 0; length--) {
        if (one.endsWith(other.slice(0, length))) expected.push(length);
      }
      assert.deepEqual(overlaps(one, other), expected);
      assert.deepEqual(overlaps(one.split(""), other.split("")), expected);
    }),
    { numRuns: 2_000 },
  );
});

test("each character is read once, whatever the texts consist of", () => {
  for (const piece of repetitions) {
    assertGrowsWithLength(JSON.stringify(piece), (length) => {
      overlaps(repeated(piece, length), `${repeated(piece, length)}.`);
      overlaps(`${repeated(piece, length)}.`, repeated(piece, length));
    });
  }
});
