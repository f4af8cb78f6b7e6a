// Hunks: any of them can be taken alone, and the rest of the text stays byte for byte.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { applyHunks, findHunks } from "../../../src/edit/hunks.ts";
import fc from "../../support/fastCheck.ts";

const eol = fc.constantFrom("\n", "\r\n");
const line = fc.constantFrom("", "  ", "a", "a ", "b", "}", "𝒳 = 👩‍🚀;", "\tret\u00e9urn", "e\u0301");
const lines = fc.array(line, { minLength: 1, maxLength: 12 });

suite("hunks", () => {
  test("all hunks give the new text, none the old one", () => {
    fc.assert(
      fc.property(lines, lines, eol, fc.constantFrom("lines", "words"), (old, next, end, by) => {
        const [before, after] = [old.join(end), next.join(end)];
        const hunks = findHunks(before, after, by);
        assert.equal(applyHunks(before, hunks), after);
        assert.equal(applyHunks(before, []), before);
        for (const at of hunks.flatMap(({ start, end }) => [start, end])) {
          assert.notEqual(
            before.slice(Math.max(0, at - 1), at + 1),
            "\r\n",
            "an editor has no place inside of a line end",
          );
        }
      }),
    );
  });

  test("any subset of hunks gives the old text with exactly these pieces of the new one, in whole lines", () => {
    fc.assert(
      fc.property(
        lines,
        lines,
        eol,
        fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
        (old, next, end, taken) => {
          const [before, after] = [old.join(end), next.join(end)];
          const hunks = findHunks(before, after, "lines");
          // What stays stands at the same places of both texts, by the lengths of what was changed before it.
          let [inOld, inNew, expected] = [0, 0, ""];
          for (const [i, { start, end: hunkEnd, text }] of hunks.entries()) {
            const kept = before.slice(inOld, start);
            assert.equal(after.slice(inNew, inNew + kept.length), kept);
            assert.equal(after.slice(inNew + kept.length, inNew + kept.length + text.length), text);
            expected += kept + (taken[i] ? text : before.slice(start, hunkEnd));
            [inOld, inNew] = [hunkEnd, inNew + kept.length + text.length];
          }
          assert.equal(before.slice(inOld), after.slice(inNew));
          expected += before.slice(inOld);
          const applied = applyHunks(
            before,
            hunks.filter((_, i) => taken[i]),
          );
          assert.equal(applied, expected);
          const known = new Set<string>([...old, ...next]);
          for (const each of applied.split(end)) assert.ok(known.has(each), each);
        },
      ),
    );
  });

  test("changes that lines stand between are hunks of their own", () => {
    const old = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    const next = old.map((each, i) => (i % 10 === 0 ? `${each} new` : each));
    assert.equal(findHunks(old.join("\n"), next.join("\n"), "lines").length, 10);
  });

  test("texts with nothing in common are one hunk, in time that grows with their length", () => {
    const textOf = (word: string) => Array.from({ length: 20_000 }, (_, i) => `${word}${i}`).join("\n");
    assert.equal(findHunks(textOf("a"), textOf("b"), "lines").length, 1);
  });
});
