// New tests in a text of tests: imports to the imports, tests to the tests.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { addTests } from "../../../../src/edit/tests/addTests.ts";
import fc from "../../../support/fastCheck.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../../support/growth.ts";

suite("new tests in a text of tests", () => {
  test("a new file has them as they are", () => {
    assert.equal(addTests("", "\ntest('a', () => {});\n\n", "javascript"), "test('a', () => {});\n");
  });

  test("what they import goes to the imports, without the names that are there", () => {
    const old = `import { test } from "node:test";\nimport { add } from '../add.js';\n\ntest("adds", () => add(1, 2));\n`;
    const written = [
      `import { test } from 'node:test';`,
      `import assert from "node:assert";`,
      "import {",
      "  add,",
      "  sub,",
      `} from "../add.js";`,
      "",
      `test("subtracts", () => sub(1, 2));`,
    ].join("\n");
    assert.equal(
      addTests(old, written, "typescript"),
      [
        `import { test } from "node:test";`,
        `import { add } from '../add.js';`,
        `import assert from "node:assert";`,
        "import {",
        `  sub`,
        `} from "../add.js";`,
        "",
        `test("adds", () => add(1, 2));`,
        "",
        `test("subtracts", () => sub(1, 2));`,
        "",
      ].join("\n"),
    );
  });

  test("Python's go above what runs them, with two empty lines", () => {
    const old = `"""Tests."""\nimport unittest\nfrom add import add\n\n\nclass A(unittest.TestCase):\n    pass\n\n\nif __name__ == "__main__":\n    unittest.main()\n`;
    const written = "import unittest\nfrom add import add, sub\n\nclass B(unittest.TestCase):\n    pass";
    assert.equal(
      addTests(old, written, "python"),
      `"""Tests."""\nimport unittest\nfrom add import add\nfrom add import sub\n\n\nclass A(unittest.TestCase):\n    pass\n\n\nclass B(unittest.TestCase):\n    pass\n\n\nif __name__ == "__main__":\n    unittest.main()\n`,
    );
  });

  test("Go has one package and no path twice", () => {
    const old = `package add\n\nimport (\n\t"testing"\n)\n\nfunc TestAdd(t *testing.T) {}\n`;
    const written = `package add\n\nimport (\n\t"strings"\n\t"testing"\n)\n\nfunc TestSub(t *testing.T) {}\n`;
    assert.equal(
      addTests(old, written, "go"),
      `package add\n\nimport (\n\t"testing"\n)\nimport "strings"\n\nfunc TestAdd(t *testing.T) {}\n\nfunc TestSub(t *testing.T) {}\n`,
    );
  });

  test("Java's go into the class that is there, with a class around them or without", () => {
    const old = `package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass FooTest {\n    @Test\n    void one() {}\n}\n`;
    const expected = `package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass FooTest {\n    @Test\n    void one() {}\n\n    @Test\n    void two() {}\n}\n`;
    const whole = `package a;\nimport org.junit.jupiter.api.Test;\n\npublic class FooTest {\n    @Test\n    void two() {}\n}`;
    assert.equal(addTests(old, whole, "java"), expected);
    assert.equal(addTests(old, "@Test\nvoid two() {}", "java"), expected);
  });

  test("Rust's go into the module of tests, or make one at the end of the code", () => {
    const code = "fn add(a: i32) -> i32 {\n    a\n}\n\nmod other {\n    fn b() {}\n}\n";
    const tests = "#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn one() {}\n}";
    const both = `${code}\n${tests}\n`;
    assert.equal(addTests(code, tests, "rust"), both);
    assert.equal(
      addTests(both, tests.replace("one", "two"), "rust"),
      both.replace("fn one() {}\n", "fn one() {}\n\n    #[test]\n    fn two() {}\n"),
    );
  });

  test("are put there in a time that grows with the texts' lengths", () => {
    for (const piece of [...repetitions, "import { a }\n", "import {", "a, "]) {
      const texts = (length: number) => `import {a${repeated(piece, length)}} from "a"\n${repeated(piece, length)}`;
      assertGrowsWithLength(JSON.stringify(piece), (length) => addTests(texts(length), texts(length), "typescript"));
      assertGrowsWithLength(JSON.stringify(piece), (length) => addTests(texts(length), texts(length), "python"));
    }
  });

  test("property: nothing of the old text is lost", () => {
    const line = fc.constantFrom(
      ...[
        "import a from 'a';",
        'import { b, c } from "b";',
        "import x",
        "from y import z, w",
        "use super::*;",
        "package p",
      ],
      ...[
        "class T {",
        "  m() {}",
        "}",
        "mod tests {",
        "",
        "test('a')",
        "if __name__ == '__main__':",
        "// note",
        "import (",
      ],
    );
    const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"));
    const language = fc.constantFrom("typescript", "python", "go", "java", "rust", "plaintext");
    fc.assert(
      fc.property(text, text, language, (old, written, languageId) => {
        const solid = (some: string) => some.split("\n").filter((each) => each.trim() !== "");
        const rest = solid(addTests(old, written, languageId)).values();
        for (const each of solid(old)) {
          let next = rest.next();
          while (!next.done && next.value !== each) next = rest.next();
          assert.ok(!next.done, `${each} is there, in its order`);
        }
      }),
    );
  });
});
