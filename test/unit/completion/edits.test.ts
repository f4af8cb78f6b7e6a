import assert from "node:assert/strict";
import { test } from "node:test";

import { editBetween, spansAfter } from "../../../server/completion/acceptance/edits.ts";
import fc from "../../support/fastCheck.ts";

test("the edit between two texts makes one of the other, and touches no more than it must", () => {
  const text = fc.array(fc.constantFrom("a", "b"), { maxLength: 12 }).map((letters) => letters.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { start, end, inserted } = editBetween(before, after);
      assert.equal(before.slice(0, start) + after.slice(start, start + inserted) + before.slice(end), after);
      assert.ok(
        before === after
          ? end === start && inserted === 0
          : before[start] !== after[start] || end === start || inserted === 0,
      );
    }),
  );
});

test("spans follow the characters that they are of", () => {
  const marked = fc.array(fc.constantFrom("a", "B"), { maxLength: 12 }).map((letters) => letters.join(""));
  fc.assert(
    fc.property(marked, fc.nat(12), fc.nat(12), fc.nat(3), (text, from, length, inserted) => {
      const start = Math.min(from, text.length);
      const end = Math.min(start + length, text.length);
      const after = text.slice(0, start) + "c".repeat(inserted) + text.slice(end);
      const spans = Array.from(text).flatMap((letter, i) => (letter === "B" ? [{ start: i, end: i + 1 }] : []));
      const kept = spansAfter(spans, { start, end, inserted }).map((span) => after.slice(span.start, span.end));
      assert.equal(kept.join(""), after.replaceAll(/[^B]/g, ""));
    }),
  );
});
