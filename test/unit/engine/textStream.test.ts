import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { TextStream } from "../../../server/engine/textStream.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

/** What comes through when the text arrives in these pieces. */
function streamed(pieces: readonly string[], stop: readonly string[]): { shown: string[]; stopped: boolean } {
  const stream = new TextStream(stop);
  const shown: string[] = [];
  for (const piece of pieces) {
    const { text, stopped } = stream.push(piece);
    shown.push(text);
    if (stopped) return { shown, stopped };
  }
  return { shown: [...shown, stream.flush()], stopped: false };
}

test("a stop string ends the text, over however many pieces it comes", () => {
  assert.deepEqual(streamed(["Hello", "\nUs", "er", ": more"], ["\nUser:"]), {
    shown: ["Hello", "", "", ""],
    stopped: true,
  });
});

test("what only looked like a stop string is shown once that is known", () => {
  assert.deepEqual(streamed(["a\n", "U", "n", "it"], ["\nUser:"]), {
    shown: ["a", "", "\nUn", "it", ""],
    stopped: false,
  });
});

test("what is held back at the end is shown", () => {
  assert.deepEqual(streamed(["a\nUser"], ["\nUser:"]).shown, ["a", "\nUser"]);
});

test("the first of several stop strings counts", () => {
  assert.deepEqual(streamed(["abcd"], ["d", "bc"]).shown, ["a"]);
});

test("whatever the pieces, the text is the same: up to the stop string that is whole first, of several the longest", () => {
  const letters = fc.constantFrom("a", "b", "\n", "🦅");
  const text = fc.string({ unit: letters, maxLength: 30 });
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 8 }),
      fc.array(fc.string({ unit: letters, minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      (pieces, stop) => {
        const whole = pieces.join("");
        const ends = stop.filter((each) => whole.includes(each)).map((each) => whole.indexOf(each) + each.length);
        const first = Math.min(...ends);
        const longest = Math.max(
          ...stop.filter((each) => whole.slice(0, first).endsWith(each)).map(({ length }) => length),
        );
        const { shown, stopped } = streamed(pieces, stop);
        assert.equal(stopped, ends.length > 0);
        assert.equal(shown.join(""), ends.length > 0 ? whole.slice(0, first - longest) : whole);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("each piece is read once, whatever the text and the stop string consist of", () => {
  for (const piece of repetitions) {
    assertGrowsWithLength(JSON.stringify(piece), (length) => {
      streamed(
        Array.from({ length: length / piece.length }, () => piece),
        [`${piece.repeat(20)}.`],
      );
      streamed([repeated(piece, length)], [`${repeated(piece, length)}.`]);
    });
  }
});
