// The changes that show while a new text comes: they are surely its changes, and cost no more than its length.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { type Change, findChanges } from "../../../src/edit/hunks.ts";
import { RunningDiff } from "../../../src/edit/runningDiff.ts";
import fc from "../../support/fastCheck.ts";

const line = fc.constantFrom("", "  ", "a", "b", "c", "}", "𝒳 = 👩‍🚀;", "return");
const lines = fc.array(line, { maxLength: 40 });

/** A new version of lines: some of them left out, written anew or with others before them. */
const edited = lines.chain((old) =>
  fc
    .array(fc.record({ line: fc.constantFrom("new", "", "a", "}"), kind: fc.nat(9) }), {
      minLength: old.length,
      maxLength: old.length,
    })
    .map((edits) => {
      const next = old.flatMap((each, i) => {
        const edit = edits[i];
        if (!edit || edit.kind > 2) return [each];
        return [[], [edit.line], [edit.line, each]][edit.kind] ?? [];
      });
      return { old, next };
    }),
);

/** The lines of which those up to `to` are changed. */
function apply(old: readonly string[], changes: readonly Change[], to: number): string[] {
  const result: string[] = [];
  let at = 0;
  for (const change of changes) {
    result.push(...old.slice(at, change.from), ...change.inserted);
    at = change.to;
  }
  return [...result, ...old.slice(at, to)];
}

suite("a running diff", () => {
  test("has a change once two lines follow that stay, and none before", () => {
    const diff = new RunningDiff(["a", "b", "c", "d", "e"]);
    diff.add("a\nB\n");
    diff.add("c\n");
    assert.deepEqual(diff.changes, []);
    diff.add("d\n");
    assert.deepEqual(diff.changes, [{ from: 1, to: 2, inserted: ["B"] }]);
    diff.add("new\n");
    diff.add("e\n");
    assert.equal(diff.changes.length, 1);
  });

  test("passes over the empty lines that a text begins with", () => {
    const diff = new RunningDiff(["", "  ", "a", "b", "c", "d"]);
    diff.add("\na\nx\nc\nd\n");
    assert.deepEqual(diff.changes, [{ from: 3, to: 4, inserted: ["x"] }]);
  });

  test("its changes make the beginning of the new text, are never taken back, and stand in their order", () => {
    fc.assert(
      fc.property(edited, fc.constantFrom("\n", "\r\n"), ({ old, next }, eol) => {
        const diff = new RunningDiff(old);
        let shown: readonly Change[] = [];
        // What it leaves out at the start is not told of.
        const lead = old.findIndex((each) => each.trim() !== "");
        const begins = next.findIndex((each) => each.trim() !== "");
        const blank = lead < 0 ? old.length : lead;
        const rest = begins < 0 ? [] : next.slice(begins);
        for (const each of next) {
          diff.add(each + eol);
          assert.deepEqual(diff.changes.slice(0, shown.length), shown);
          shown = [...diff.changes];
        }
        let last = blank;
        for (const { from, to, inserted } of shown) {
          assert.ok(from >= last && to >= from && to - from + inserted.length > 0);
          last = to;
          const made = apply(
            old.slice(blank),
            shown
              .filter((each) => each.to <= to)
              .map((each) => ({ ...each, from: each.from - blank, to: each.to - blank })),
            to - blank,
          );
          assert.deepEqual(made, rest.slice(0, made.length));
        }
      }),
    );
  });

  test("compares lines in proportion to the text, however it comes and whatever it changes", () => {
    const count = 4_000;
    const old = Array.from({ length: count }, (_, i) => `line ${i}`);
    const texts: Record<string, readonly string[]> = {
      "every third line": old.map((each, i) => (i % 3 === 0 ? `${each} new` : each)),
      "no line stays": old.map((each) => `${each} new`),
      "the first half is gone": old.slice(count / 2),
      "as much again before it": [...old.map((each) => `${each} new`), ...old],
      nothing: old,
    };
    for (const [name, next] of Object.entries(texts)) {
      let compared = 0;
      const diff = new RunningDiff(old, (some, others, most) => {
        compared += some.length + others.length;
        return findChanges(some, others, most);
      });
      for (const each of next) diff.add(`${each}\n`);
      assert.ok(compared < 30 * (old.length + next.length), `${name}: ${compared} lines`);
      if (name === "every third line") assert.equal(diff.changes.length, Math.floor(count / 3));
    }
  });
});
