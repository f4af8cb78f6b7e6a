// Tracked text: hunks stay at their places while the user writes, and what he has written is never theirs.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { applyHunks, findHunks, type Hunk } from "../../../src/edit/hunks.ts";
import { type TextEdit, TrackedText } from "../../../src/edit/trackedText.ts";
import fc from "../../support/fastCheck.ts";

const edit = (text: string, { start, end, text: inserted }: TextEdit) =>
  text.slice(0, start) + inserted + text.slice(end);

/** A document with a tracked range in it. */
class Page {
  text: string;
  readonly tracked: TrackedText;
  /** What stands before the range and behind it, by each edit's own rule. */
  before: string;
  after: string;

  constructor(before: string, original: string, after: string) {
    this.text = before + original + after;
    [this.before, this.after] = [before, after];
    this.tracked = new TrackedText(original, before.length);
  }

  get range(): string {
    return this.text.slice(this.tracked.start, this.tracked.end);
  }

  place(hunk: Hunk): boolean {
    const place = this.tracked.findPlace(hunk);
    if (!place) return false;
    this.text = edit(this.text, place);
    this.tracked.place(hunk);
    return true;
  }

  takeBack(hunk: Hunk): void {
    const placed = this.tracked.placed.find((each) => each.hunk === hunk);
    assert.ok(placed);
    this.text = edit(this.text, this.tracked.findReverse(placed));
    this.tracked.unplace(hunk);
  }

  write(change: TextEdit): void {
    const { start, end, text } = change;
    const [first, last] = [this.before.length, this.text.length - this.after.length];
    const rest = this.after.slice(Math.max(0, end - last));
    if (end <= first) this.before = edit(this.before, change);
    // What is written over an edge of the range stands outside of it.
    else if (start < first) [this.before, this.after] = [this.before.slice(0, start) + text, rest];
    else if (start >= last) this.after = edit(this.after, { start: start - last, end: end - last, text });
    else if (end > last) this.after = text + rest;
    this.text = edit(this.text, change);
    this.tracked.follow(change);
  }
}

const old = "one\ntwo\nthree\nfour";
const next = "ONE\ntwo\nthree\nmore\nFOUR";
const [first, last] = findHunks(old, next, "lines") as [Hunk, Hunk];

suite("tracked text", () => {
  test("an edit before the range moves its hunks, one behind it does not", () => {
    const page = new Page("head\n", old, "\ntail");
    page.place(last);
    page.write({ start: 0, end: 4, text: "longer head" });
    page.write({ start: page.text.length, end: page.text.length, text: "!" });
    page.place(first);
    assert.equal(page.text, `longer head\n${next}\ntail!`);
    page.takeBack(last);
    assert.equal(page.range, "ONE\ntwo\nthree\nfour");
  });

  test("an edit between hunks stays, whatever becomes of them", () => {
    const page = new Page("", old, "");
    page.place(first);
    page.place(last);
    const two = page.text.indexOf("two");
    page.write({ start: two, end: two + 3, text: "2" });
    page.takeBack(first);
    page.takeBack(last);
    assert.equal(page.text, "one\n2\nthree\nfour");
  });

  test("a hunk that the user writes into is his", () => {
    const page = new Page("", old, "");
    page.place(last);
    const more = page.text.indexOf("more");
    page.write({ start: more + 2, end: more + 2, text: "?" });
    assert.deepEqual(page.tracked.placed, []);
    assert.equal(page.place(last), false);
    assert.equal(page.text, "one\ntwo\nthree\nmo?re\nFOUR");
  });

  test("a hunk does not come where the user has changed its lines meanwhile", () => {
    const page = new Page("", old, "");
    page.write({ start: 0, end: 1, text: "O" });
    assert.equal(page.place(first), false);
    assert.equal(page.place(last), true);
    assert.equal(page.text, "One\ntwo\nthree\nmore\nFOUR");
  });

  test("writing at the edge of a hunk leaves it a hunk", () => {
    const page = new Page("", old, "");
    page.place(first);
    page.write({ start: 3, end: 3, text: " // one" });
    page.takeBack(first);
    assert.equal(page.text, "one // one\ntwo\nthree\nfour");
  });

  test("what was taken back is text that another hunk may change with what stands around it", () => {
    const page = new Page("", old, "");
    page.place(first);
    page.takeBack(first);
    assert.ok(page.place({ start: 0, end: old.length, text: "all" }));
    assert.equal(page.text, "all");
  });

  test("an edit over the whole range, or over its edges, ends the hunks in it", () => {
    for (const [start, end] of [
      [0, 30],
      [2, 12],
      [12, 30],
    ] as const) {
      const page = new Page("head\n", old, "\ntail tail");
      page.place(first);
      page.place(last);
      const before = page.text;
      page.write({ start, end, text: "x" });
      assert.equal(page.text, edit(before, { start, end, text: "x" }));
      assert.equal(page.tracked.start, page.before.length);
      assert.equal(page.tracked.end, page.text.length - page.after.length);
      for (const { hunk } of page.tracked.placed) page.takeBack(hunk);
    }
  });

  test("after any edits and decisions the document is what they make of it, one by one", () => {
    const lines = fc.array(fc.constantFrom("", "a", "b", "}", "𝒳"), { minLength: 1, maxLength: 8 });
    const step = fc.record({
      kind: fc.constantFrom("place", "takeBack", "keep", "write"),
      at: fc.nat(1_000),
      length: fc.nat(3),
      text: fc.constantFrom("", "w", "w\n"),
    });
    fc.assert(
      fc.property(lines, lines, fc.array(step, { maxLength: 12 }), (oldLines, newLines, steps) => {
        const original = oldLines.join("\n");
        const hunks = findHunks(original, newLines.join("\n"), "lines");
        const page = new Page("before\n", original, "\nafter");
        let hasWritten = false;
        const kept: Hunk[] = [];
        for (const { kind, at, length, text } of steps) {
          const { placed } = page.tracked;
          if (kind === "write") {
            const start = at % (page.text.length + 1);
            const end = Math.min(page.text.length, start + length);
            const written = edit(page.text, { start, end, text });
            page.write({ start, end, text });
            assert.equal(page.text, written);
            hasWritten = true;
          } else if (kind === "place") {
            const hunk = hunks[at % Math.max(1, hunks.length)];
            if (hunk && !placed.some((each) => each.hunk === hunk) && !kept.includes(hunk)) page.place(hunk);
          } else {
            const chosen = placed[at % Math.max(1, placed.length)];
            if (!chosen) continue;
            if (kind === "takeBack") page.takeBack(chosen.hunk);
            else {
              page.tracked.keep(chosen.hunk);
              kept.push(chosen.hunk);
            }
          }
          assert.ok(page.text.startsWith(page.before) && page.text.endsWith(page.after));
          assert.equal(page.tracked.start, page.before.length);
          assert.equal(page.tracked.end, page.text.length - page.after.length);
          for (const hunk of hunks) {
            const place = page.tracked.findPlace(hunk);
            if (place) assert.equal(page.text.slice(place.start, place.end), original.slice(hunk.start, hunk.end));
          }
          for (const { hunk, start, end } of page.tracked.placed) assert.equal(page.text.slice(start, end), hunk.text);
          if (hasWritten) continue;
          const applied = hunks.filter(
            (hunk) => kept.includes(hunk) || page.tracked.placed.some((each) => each.hunk === hunk),
          );
          assert.equal(page.text, `before\n${applyHunks(original, applied)}\nafter`);
        }
      }),
    );
  });
});
