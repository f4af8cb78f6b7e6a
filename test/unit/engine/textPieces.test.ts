import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "../../support/fastCheck.ts";

import { textPieces } from "../../../server/engine/textPieces.ts";

test("the pieces are the text, none is long, and no character is cut", () => {
  const unit = fc.oneof(
    fc.constantFrom("a", "Z", "7", " ", "\n", "\t", ".", "'", "漢", "🦅", "\u0301", "\ud800"),
    fc.string({ unit: "binary" }),
  );
  const text = fc
    .array(fc.tuple(unit, fc.integer({ min: 1, max: 1500 })))
    .map((runs) => runs.map(([each, count]) => each.repeat(count)).join(""));
  fc.assert(
    fc.property(text, (whole) => {
      const pieces = [...textPieces(whole)];
      assert.equal(pieces.join(""), whole);
      for (const [i, piece] of pieces.entries()) {
        assert.ok(piece.length > 0 && piece.length <= 1000, `${piece.length}`);
        const next = pieces[i + 1] ?? "";
        assert.ok(!/[\uD800-\uDBFF]$/.test(piece) || !/^[\uDC00-\uDFFF]/.test(next));
      }
    }),
    { numRuns: 100 },
  );
});

test("a text is cut before a space or at a line's start; a line without spaces, before what is of no word", () => {
  for (const piece of [...textPieces("word, another one\n".repeat(500))].slice(1))
    assert.match(piece, /^( [a-z]|word)/);
  for (const piece of [...textPieces("//\n{\n\n".repeat(500))].slice(1)) assert.match(piece, /^(\/\/|\{)\n/);
  for (const piece of [...textPieces("a=[1,2,'it's'];".repeat(500))].slice(1)) assert.match(piece, /^[^a-z\d']/);
});

test("a short text is one piece, and none is none", () => {
  assert.deepEqual([...textPieces("7".repeat(1000))], ["7".repeat(1000)]);
  assert.deepEqual([...textPieces("")], []);
});
