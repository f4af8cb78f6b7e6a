import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { followEnd } from "../../../server/completion/ending.ts";
import { requestAt } from "../../support/cursor.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

/** The document, what the model writes at its cursor, and how much of it there is when its end is seen: all where there is none. */
const cases: readonly [name: string, document: string, written: string, ended: string][] = [
  ["the statement's end", "let x = ║", "1;\nlet y = 2;\n", "1;"],
  [
    "a long line that comes again, deeper",
    "f {\n  ║\n}",
    "return function (object) {\n    return function (object) {\n",
    "return function (object) {",
  ],
  [
    "two lines that come again with deeper ones",
    "({\n  ║\n})",
    "encrypt(x) {\n    return {\n      encrypt(x) {\n        return {\n          go();",
    "encrypt(x) {\n    return {",
  ],
  [
    "lines that come again after others",
    "f {\n  ║\n}",
    "start();\n  this.a();\n  this.b();\n  this.a();\n  this.b();\n",
    "start();\n  this.a();\n  this.b();",
  ],
  ["a short line that comes again", "f {\n  ║\n}", "a();\n  b();\n  a();\n", "a();\n  b();\n  a();\n"],
  [
    "a line that comes again and is not whole",
    "f {\n  ║\n}",
    "return function (object) {\n    return function (object) {",
    "return function (object) {\n    return function (object) {",
  ],
  [
    "closing brackets that come again",
    "f {\n  ║\n}",
    "a({\n      });\n      });\n      });\n",
    "a({\n      });\n      });\n      });\n",
  ],
  ["a part of a line without end", "x = ║", " - y".repeat(9), " - y".repeat(6)],
];

for (const [name, document, written, ended] of cases) {
  test(name, () => {
    const endOf = followEnd(requestAt(document));
    let end: number | undefined;
    for (let length = 1; end === undefined && length <= written.length; length++) end = endOf(written.slice(0, length));
    assert.equal(written.slice(0, end), ended);
  });
}

test("an end does not depend on the pieces that a text comes in", () => {
  const line = fc.constantFrom(
    "",
    "aa",
    "    bb",
    "  const wheel = new Wheel();",
    "    const wheel = new Wheel();",
    "}",
    "{",
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), fc.constantFrom("if ║", "  ║", "x ║ y"), (lines, document) => {
      const text = lines.join("\n");
      const endOf = followEnd(requestAt(document));
      let end: number | undefined;
      for (let length = 0; end === undefined && length <= text.length; length++) end = endOf(text.slice(0, length));
      assert.equal(followEnd(requestAt(document))(text), end);
    }),
  );
});

test("a text that grows is read once, whatever it consists of", () => {
  for (const piece of [...repetitions, "a\n", "}\n", "  a {\n"]) {
    assertGrowsWithLength(JSON.stringify(piece), (length) => {
      const endOf = followEnd(requestAt("║"));
      const text = repeated(piece, length);
      for (let end = 1; end <= text.length; end += 4) endOf(text.slice(0, end));
    });
  }
});
