// Diffs that are too long for a model.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { shortenDiff } from "../../../server/edit/shortenDiff.ts";
import fc from "../../support/fastCheck.ts";

const hunk = (at: number, lines: number, text = "+line") =>
  `@@ -${at},0 +${at},${lines} @@\n${Array.from({ length: lines }, (_, line) => `${text} ${line}\n`).join("")}`;
const names = (file: string) => `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n`;

suite("a diff that is too long", () => {
  test("is never longer than it may be, and holds nothing but its own lines in their order", () => {
    const line = fc.constantFrom(
      "diff --git a/x b/x",
      "--- a/x",
      "@@ -1 +1 @@ f",
      "+a",
      "-b",
      " c",
      "",
      "+ca\u0000",
      "e".repeat(400),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.nat(2000), (lines, length) => {
        const diff = lines.join("\n");
        const short = shortenDiff(diff, length);
        if (diff.length <= length) {
          assert.equal(short, diff);
          return;
        }
        assert.ok(short.length <= length, `${short.length} > ${length}`);
        let at = 0;
        for (const shown of short.split("\n")) {
          if (shown === "[…]" || shown === "") continue;
          const start = shown.replace(/\[…\]$/, "");
          at = lines.findIndex((each, index) => index >= at && each.startsWith(start)) + 1;
          assert.ok(at > 0, `${shown} is a line of it`);
        }
      }),
    );
  });

  test("keeps a small file whole beside a big one, and the names and the start of each hunk of that", () => {
    const small = names("small.py") + hunk(1, 3, "+small");
    const big = names("big.py") + hunk(1, 200, "+first") + hunk(900, 200, "+other");
    const short = shortenDiff(big + small, 1000);
    assert.ok(short.endsWith(small), short);
    assert.ok(short.length > 960, "the room is used");
    assert.ok(short.startsWith(`${names("big.py")}@@ -1,0`), short);
    const count = (word: string) => short.split(word).length - 1;
    assert.ok(count("+first") > 5 && Math.abs(count("+first") - count("+other")) <= 2, short);
    assert.equal(count("[…]"), 2);
  });

  test("shows of a line that no hand wrote only the start", () => {
    const short = shortenDiff(`${names("min.js")}@@ -1 +1 @@\n+${"x".repeat(5000)}\n+after\n`, 2000);
    assert.match(short, /\+x{299}\[…\]\n\+after\n/);
  });
});
