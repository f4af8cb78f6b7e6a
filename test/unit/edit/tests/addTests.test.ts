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

  test("the class is that of the same name, or else the one that has tests, and not one beside it or in it", () => {
    const helper = "class Helper {\n    int x;\n}\n";
    const aTest = "class ATest {\n    @Test\n    void one() {}\n\n    static class Inner {\n        int y;\n    }\n}\n";
    const expected = aTest.replace(/\}\n$/, "\n    @Test\n    void two() {}\n}\n");
    for (const written of [
      "@Test\nvoid two() {}",
      "class ATest {\n    @Test\n    void two() {}\n}",
      "class BTest {\n    @Test\n    void two() {}\n}",
    ]) {
      assert.equal(addTests(`${aTest}\n${helper}`, written, "java"), `${expected}\n${helper}`);
      assert.equal(addTests(`${helper}\n${aTest}`, written, "java"), `${helper}\n${expected}`);
    }
    const b = "class BTest\n{\n    [Fact]\n    public void B() {}\n}\n";
    const a = b.replaceAll("B", "A");
    const written = "public class BTest\n{\n    [Fact]\n    public void C() {}\n}\n";
    const c = b.replace(/\}\n$/, "\n    [Fact]\n    public void C() {}\n}\n");
    assert.equal(addTests(`${b}\n${a}`, written, "csharp"), `${c}\n${a}`);
  });

  test("a name is there when it comes from the same module, as the same kind", () => {
    const added = (old: string, statement: string, language: string) =>
      addTests(`${old}\n\nold()\n`, `${statement}\n\nnext()`, language).split("\n").slice(1, -4).join("\n").trim();
    const missing = [
      ['import { render } from "a";', 'import { render } from "b";', "typescript"],
      ['import type { add } from "./a";', 'import { add } from "./a";', "typescript"],
      ['import { type add } from "./a";', 'import { add } from "./a";', "typescript"],
      ["from a import render", "from b import render", "python"],
    ] as const;
    for (const [old, statement, language] of missing) assert.match(added(old, statement, language), /^(?:import|from)/);
    const there = [
      ['import { add } from "./a";', "import type { add } from './a'", "typescript"],
      ['import { type add } from "./a";', 'import type { add } from "./a";', "typescript"],
      ["import {\n  // sums\n  add, // two\n} from './a';", 'import { add } from "./a";', "typescript"],
      ["from a import (\n    b,  # noqa\n    c,\n)", "from a import c, b", "python"],
    ] as const;
    for (const [old, statement, language] of there)
      assert.equal(addTests(`${old}\n\nold()\n`, `${statement}\n\nnext()`, language).match(/import/g)?.length, 1, old);
  });

  test("names that are added come without the comments behind the others", () => {
    const old = "from a import b\n\n\ndef test_b():\n    pass\n";
    const written = "from a import (\n    b,  # noqa\n    c,  # (see d)\n)\n\n\ndef test_c():\n    pass";
    assert.match(addTests(old, written, "python"), /^from a import b\nfrom a import c\n\n\ndef/);
  });

  test("imports go below what a file begins with, and above what is said of the code", () => {
    const begins = (old: string, statement: string, language: string) =>
      addTests(old, `${statement}\n\nnext()`, language);
    const licence = "#!/usr/bin/env node\n/*\n * Licence\n */\n\n";
    assert.equal(
      begins(`${licence}// The first.\nold();\n`, 'import a from "a";', "javascript"),
      `${licence.trimEnd()}\nimport a from "a";\n\n// The first.\nold();\n\nnext()\n`,
    );
    assert.equal(
      begins("#!/usr/bin/env node\nold();\n", 'import a from "a";', "javascript"),
      '#!/usr/bin/env node\nimport a from "a";\n\nold();\n\nnext()\n',
    );
    const doc = '"""Tests of\nmany lines.\n"""\n';
    assert.equal(
      begins(`${doc}import os\n\n\nold()\n`, "import pytest", "python"),
      `${doc}import os\nimport pytest\n\n\nold()\n\n\nnext()\n`,
    );
    assert.equal(begins(`${doc}old()\n`, "import pytest", "python"), `${doc}import pytest\n\nold()\n\n\nnext()\n`);
    assert.equal(
      addTests("#!/bin/x\n\nold();\n", "// Of next.\n\nnext();", "javascript"),
      "#!/bin/x\n\nold();\n\n// Of next.\n\nnext();\n",
    );
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
      const line = (length: number) =>
        `from x import a${repeated(piece, length)}#\nimport { a${repeated(piece, length)}/`;
      assertGrowsWithLength(JSON.stringify(piece), (length) => addTests(line(length), line(length), "python"));
    }
    for (const piece of ["class A {\n", "class A\n", "class A {\n}\n", "/*\n", '"""\n', "// a\n\n"]) {
      const text = (length: number) => repeated(piece, length);
      assertGrowsWithLength(JSON.stringify(piece), (length) => addTests(text(length), text(length), "java"));
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
