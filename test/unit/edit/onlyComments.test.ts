// What is taken of an answer that should add a comment and nothing else.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { onlyComments } from "../../../server/edit/onlyComments.ts";
import { Grammars } from "../../../server/syntax/grammars.ts";
import fc from "../../support/fastCheck.ts";

const python = "def add(a, b):\n    return a + b";
const script = "function add(a, b) {\n  return a + b;\n}";
const docstring = '    """Adds two numbers."""';
const jsdoc = "/**\n * Adds two numbers.\n */";

const cases: Record<string, [text: string, next: string, languageId: string, expected: string]> = {
  "a docstring goes below the head": [
    python,
    `def add(a, b):\n${docstring}\n    return a + b`,
    "python",
    `def add(a, b):\n${docstring}\n    return a + b`,
  ],
  "a docstring that is a raw string": [
    python,
    `def add(a, b):\n    r"""Adds."""\n    return a + b`,
    "python",
    `def add(a, b):\n    r"""Adds."""\n    return a + b`,
  ],
  "a docstring of several lines": [
    python,
    `def add(a, b):\n    """Adds.\n\n    Numbers.\n    """\n    return a + b`,
    "python",
    `def add(a, b):\n    """Adds.\n\n    Numbers.\n    """\n    return a + b`,
  ],
  "changed code stays, the comment is taken": [
    python,
    `def add(a: int, b: int):\n${docstring}\n    return a + b`,
    "python",
    `def add(a, b):\n${docstring}\n    return a + b`,
  ],
  "JSDoc goes above, and an added line of code does not": [
    script,
    `${jsdoc}\nfunction add(a, b) {\n  check(a);\n  return a + b;\n}`,
    "typescript",
    `${jsdoc}\n${script}`,
  ],
  "JSDoc before another that begins alike": [
    `${jsdoc}\n${script}`,
    `${jsdoc}\n${script}\n${jsdoc}`,
    "typescript",
    `${jsdoc}\n${script}\n${jsdoc}`,
  ],
  "a comment gives way to a new one": [
    `// Adds.\n${script}`,
    `// Adds two numbers.\n${script}`,
    "typescript",
    `// Adds two numbers.\n${script}`,
  ],
  "a comment that does not end would swallow the code": [script, `/**\n * Adds\n${script}`, "typescript", script],
  "a directive is no comment": ["int a;", "#include <x>\nint a;", "cpp", "int a;"],
  "line ends stay": ["a();\r\nb();", "// A\na();\nb();", "typescript", "// A\r\na();\r\nb();"],
  "blanks at lines' ends stay": ["a();  \nb();", "// A\na();\nb();", "typescript", "// A\na();  \nb();"],
};

const grammars = new Grammars(path.join(import.meta.dirname, "../../../node_modules/@vscode/tree-sitter-wasm/wasm"));

/** What looks like a comment in a string is part of the code. */
const strings: Record<string, [text: string, next: string, languageId: string, expected: string]> = {
  "a line in a template is changed": [
    "const page = `\n// old\n`;",
    "// The page.\nconst page = `\n// new\n`;",
    "typescript",
    "// The page.\nconst page = `\n// old\n`;",
  ],
  "a line is added in a string of several lines": [
    'def f():\n    x = """\na\n"""\n    return x',
    'def f():\n    """Gives x."""\n    x = """\n# more\na\n"""\n    return x',
    "python",
    'def f():\n    """Gives x."""\n    x = """\na\n"""\n    return x',
  ],
  "a line is added in a here document": [
    "cat <<END\na\nEND",
    "# Prints a.\ncat <<END\n# b\na\nEND",
    "shellscript",
    "# Prints a.\ncat <<END\na\nEND",
  ],
};

for (const [name, [text, next, languageId, expected]] of Object.entries(strings)) {
  test(`where ${name}, it stays`, async () => {
    const parser = (await grammars.parserOf(languageId)) ?? assert.fail(languageId);
    assert.equal(onlyComments(text, next, languageId, parser), expected);
  });
}

for (const [name, [text, next, languageId, expected]] of Object.entries(cases)) {
  test(name, () => assert.equal(onlyComments(text, next, languageId), expected));
}

test("the code is there line by line, whatever the answer is", () => {
  const line = fc.constantFrom("a();", "b();", "  c();", "", "/**", " */", "/* x */", "// y", "}", "'''", '"""', "# z");
  const lines = fc.array(line, { maxLength: 12 });
  const code = fc.array(fc.constantFrom("a();", "b();", "  c();", "}"), { maxLength: 12 });
  fc.assert(
    fc.property(code, lines, fc.constantFrom("typescript", "python"), (text, next, languageId) => {
      const result = onlyComments(text.join("\n"), next.join("\n"), languageId).split("\n");
      const marks = languageId === "python" ? /^\s*(?:#|$)/ : /^\s*(?:\/\/|$)/;
      let at = 0;
      let inside: string | undefined;
      const ends = languageId === "python" ? ['"""', "'''"] : ["*/"];
      for (const each of result) {
        if (at < text.length && inside === undefined && each === text[at]) at++;
        else if (inside !== undefined) inside = each.endsWith(inside) ? undefined : inside;
        else {
          const opened = ends.find((end) => each.startsWith(end === "*/" ? "/*" : end));
          assert.ok(opened !== undefined || marks.test(each), `${each} is no comment`);
          const rest = each.slice(opened === "*/" ? 2 : 3);
          if (opened !== undefined && !rest.endsWith(opened)) inside = opened;
        }
      }
      assert.equal(at, text.length);
      assert.equal(inside, undefined);
    }),
  );
});
