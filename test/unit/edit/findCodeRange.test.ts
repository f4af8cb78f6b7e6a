// Where a block of an answer belongs in a file.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { findCodeRange, indentLike } from "../../../src/edit/findCodeRange.ts";

const file = [
  "class Boat:",
  "    def row(self):",
  "        return 1",
  "",
  "    def sail(self):",
  "        return 2",
  "",
  "class Ship:",
  "    def row(self):",
  "        pass",
].join("\n");

const script = ["function a() {", "  if (x) {", "    y();", "  }", "}", "", "function b() {", "  z();", "}"].join("\n");

suite("the range of a block", () => {
  test("goes from the block's first line to its last one", () => {
    const block = "function a() {\n  if (x) {\n    y(1);\n  }\n  more();\n}";
    assert.deepEqual(findCodeRange(script, block, []), { first: 0, last: 4 });
    assert.deepEqual(findCodeRange(script, "\nfunction b() {\n  q();\n}\n", []), { first: 6, last: 8 });
  });

  test("is the whole file where the block has all of it, though each of its parts ends with a bracket", () => {
    const whole = `\n${script.replace("y();", "y(1);").replace("z();", "z(2);\n  more();")}\n`;
    assert.deepEqual(findCodeRange(`${script}\n`, whole, []), { first: 0, last: 8 });
    assert.deepEqual(findCodeRange(script, "function a() {\n  if (x) {\n    y(1);\n  }\n}", []), { first: 0, last: 4 });
  });

  test("is that of the place which has most of the block's lines", () => {
    const block = "    def row(self):\n        log()\n        pass";
    assert.deepEqual(findCodeRange(file, block, []), { first: 8, last: 9 });
  });

  test("is that of the only symbol which has the name that the block declares", () => {
    const symbols = [
      { name: "row", first: 1, last: 2 },
      { name: "sail", first: 4, last: 5 },
      { name: "row", first: 8, last: 9 },
    ];
    assert.deepEqual(findCodeRange(file, "def sail(self, wind: int):\n    return wind", symbols), symbols[1]);
    assert.equal(findCodeRange(file, "def row(self, oars):\n    return oars", symbols), undefined);
  });

  test("is none where its ends are there by chance, or tell no place, or it begins with other code than a name", () => {
    const between = (word: string) => Array.from({ length: 10 }, (_, i) => `  ${word}(${i});`).join("\n");
    assert.equal(
      findCodeRange(`start();\n${between("a")}\nstop();`, `start();\n${between("b")}\nstop();`, []),
      undefined,
    );
    assert.equal(findCodeRange("x\n{\n  a: 1,\n}", "{\n  a: 1,\n  c: 3,\n}", []), undefined);
    const symbols = [{ name: "sail", first: 4, last: 5 }];
    assert.equal(findCodeRange(file, "total = 1\ndef sail(self, wind):\n    return wind", symbols), undefined);
  });

  test("is none where the block leaves lines out", () => {
    const block = "function a() {\n  // ... as before\n}";
    assert.equal(findCodeRange(script, block, [{ name: "a", first: 0, last: 4 }]), undefined);
    assert.ok(findCodeRange("const a = {\n  ...b,\n};", "const a = {\n  ...b,\n  c,\n};", []));
  });

  test("is none where the block would lose what stands there, or have it twice", () => {
    const text = ["import fs;", "function x() {", "}", "function target() {", "}"].join("\n");
    const symbols = [
      { name: "x", first: 1, last: 2 },
      { name: "target", first: 3, last: 4 },
    ];
    assert.equal(findCodeRange(text, "import fs;\nfunction target() {\n  more();\n}", symbols), undefined);
    const three = "function a() {\n  1;\n}\nfunction mid() {\n}\nfunction b() {\n  2;\n}";
    assert.equal(findCodeRange(three, "function a() {\n  1;\n}\nfunction b() {\n  3;\n}", []), undefined);
    assert.deepEqual(findCodeRange(text, "// Aims.\nfunction target(at) {\n}", symbols), symbols[1]);
  });

  test("is found in time that grows with the file's length", () => {
    const many = "function a() {\n}\n".repeat(20_000);
    assert.ok(findCodeRange(many, "function a() {\n  b();\n}", []));
  });

  test("gives the block its indentation", () => {
    const block = "def sail(self, wind):\n    return wind\n";
    const indented = "    def sail(self, wind):\n        return wind";
    assert.equal(indentLike(block, file, { first: 4, last: 5 }), indented);
    assert.equal(indentLike(indented, file, { first: 4, last: 5 }), indented);
    assert.equal(indentLike("def a():\n\n    b()", file, { first: 4, last: 5 }), "    def a():\n\n        b()");
    assert.equal(indentLike("  a();\n  b();", "\t\t\ta();", { first: 0, last: 0 }), "  a();\n  b();");
  });
});
