import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { refine } from "../../../server/completion/refine/refine.ts";
import { requestAt } from "../../support/cursor.ts";

/** The document, what the model wrote, and the document with the completion accepted: `├ ┤` around what was inserted. */
const cases: readonly [name: string, document: string, written: string, accepted: string | undefined][] = [
  ["plain", "const x = ║", "1;", "const x = ├1;┤"],
  ["a space that is there already", "const x = ║", " 1;", "const x = ├1;┤"],
  ["a space that is not", "const x =║", " 1;", "const x =├ 1;┤"],
  ["indentation that is there already", "f {\n    ║", "    a();", "f {\n    ├a();┤"],
  ["indentation kept", "if (x) ║", "{\n\ta();\n}", "if (x) ├{\n\ta();\n}┤"],
  ["nothing but white space", "x║", "  \n \n", undefined],
  ["nothing", "x║", "", undefined],
  ["white space at the end", "x = ║", "1; \n\n", "x = ├1;┤"],
  ["the rest of the line again", "add(║, second)", "first, second)", "add(├first┤, second)"],
  ["the rest of the line, in part", "let ║ = compute(1);", "total = comp", "let ├total┤ = compute(1);"],
  ["the next line again", "f {\n  a();║\n  b();\n}", "\n  b();\n}", undefined],
  [
    "lines between, then the next line again",
    "f {\n  ║\n    .c();\n}",
    "a\n    .b()\n    .c();\n}",
    "f {\n  ├a\n    .b()┤\n    .c();\n}",
  ],
  ["a bracket closed already", "f(║)", "a, b)", "f(├a, b)┤"],
  ["brackets that belong to the text", "f(║)", "g()", "f(├g()┤)"],
  ["a bracket closed already, and more", "f(║)", "a, b) {", "f(├a, b) {┤"],
  ["text before a closing bracket stays", "f(║ + 1)", "g(2))", "f(├g(2))┤ + 1)"],
  ["bracket and semicolon", "f(║);", "[1, 2], 'a');", "f(├[1, 2], 'a');┤"],
  ["a quote closed already", 'import x from "║";', './x.js";', 'import x from "├./x.js";┤'],
  ["a quote opened twice", 'import x from "║";', '"./x.js";', 'import x from "├./x.js";┤'],
  ["a quote opened twice, of several", "<a href='║", "'b' id='c'>", "<a href='├b' id='c'>┤"],
  ["an empty string before a method", "x = '║", "'.join(names)  # don't sort", "x = '├'.join(names)  # don't sort┤"],
  ["an empty string before a comment", "x = '║", "'# don't sort", "x = '├'# don't sort┤"],
  ["an empty string before a comment of slashes", "x = '║", "'// don't sort", "x = '├'// don't sort┤"],
  ["a quote in a docstring", 'def f():\n    """║', '"Hello" is printed.', 'def f():\n    """├"Hello" is printed.┤'],
  ["an empty string", 'f("║', '", "b");', 'f("├", "b");┤'],
  ["an empty string before a word", 'x = "║', '"if y else "n"', 'x = "├"if y else "n"┤'],
  ["a string after one that is closed", "f(a, 'b'║", "'c'", "f(a, 'b'├'c'┤"],
  ["quotes of a docstring", 'def f():\n    "║', '""A."""', 'def f():\n    "├""A."""┤'],
  ["nothing but what the editor closed", "f(a║)", ")", undefined],
  ["nothing but what the editor closed, of several", "f([{ a║ }]);", " }]);", undefined],
  ["brackets closed already behind a blank", "f([{ a║ }]);", ": 1 }]);", "f([{ a├: 1 }]);┤"],
  ["a bracket behind text that stays", "f(║ + 1 )", "2)", "f(├2)┤ + 1 )"],
  ["what the editor closed, and more", "f(a║)", ");", "f(a├);┤"],
  [
    "lines between, then the next line with other blanks",
    "f {\n  ║\n    .c( 1,2 );\n}",
    "a\n    .b()\n    .c(1, 2);\n}",
    "f {\n  ├a\n    .b()┤\n    .c( 1,2 );\n}",
  ],
  [
    "a line that only blanks tell from the next one",
    "a,║\n.nav.item,\n",
    "\n.nav .item,",
    "a,├\n.nav .item,┤\n.nav.item,\n",
  ],
  [
    "a string that only blanks tell from the next one",
    '[\n  "paris",║\n  "newyork",\n]',
    '\n  "new york",',
    '[\n  "paris",├\n  "new york",┤\n  "newyork",\n]',
  ],
  [
    "a deeper line that is like the next one",
    "def f(a):\n    ║\n    return None\n",
    "if a:\n        return None",
    "def f(a):\n    ├if a:\n        return None┤\n    return None\n",
  ],
  ["an apostrophe in prose is no closing quote of a bracket", "(║)", "it's)", "(├it's)┤"],
  ["a line three times", "f:\n  ║", "b\n  a\n  a\n  a", "f:\n  ├b\n  a┤"],
  ["a line three times, from the cursor on", "f:\n  ║", "a\n  a\n  a", "f:\n  ├a┤"],
  ["a part of a line four times", "║", "x = a (b - 1) * (b - 1) * (b - 1) * (b - 1) * (b", "├x = a (b - 1) *┤"],
  [
    "a part of a line four times, and the model went on",
    "║",
    "(int, str, str, str, str)",
    "├(int, str, str, str, str)┤",
  ],
  ["a part of a line three times", "║", "f(size, size, size)", "├f(size, size, size)┤"],
  ["a row of numbers", "x = ║", "[10, 10, 10, 10, 10];", "x = ├[10, 10, 10, 10, 10];┤"],
  ["a bracket behind lifetimes", "fn f<'a>(x: &'a ║", "str) -> &'a str {", "fn f<'a>(x: &'a ├str) -> &'a str {┤"],
  ["a bracket of a label", 'case "$1" in\n  ║', "start) run ;;", 'case "$1" in\n  ├start) run ;;┤'],
  ["a bracket in a regular expression", "if (║", "/[)]/g.test(x)) {", "if (├/[)]/g.test(x)) {┤"],
  ["a turn token that is spelled out", "let x = ║", "1;<|im_end|> more", "let x = ├1;┤"],
  ["an infill token that is spelled out", "let x = ║", "1;>>SUFFIX<<", "let x = ├1;┤"],
  ["one that the document has some of", 'a = "<|pad|>"\nb = ║', '"<|user|>"', 'a = "<|pad|>"\nb = ├"<|user|>"┤'],
  ["a fence after code", "f:\n  ║", "x = 1\n```\nThis sets x.", "f:\n  ├x = 1┤"],
  ["a fence at an indented cursor", "def f():\n    ║", "```python\n    return 1\n    ```", undefined],
  ["a fence after indented code", "def f():\n    ║", "return 1\n    ```\n\nIt is 1.", "def f():\n    ├return 1┤"],
  [
    "a fence below a docstring",
    'def f():\n    """A."""\n    ║',
    "return 1\n```",
    'def f():\n    """A."""\n    ├return 1┤',
  ],
  [
    "a fence in a docstring that is begun",
    'def f():\n    """A.\n\n    ║',
    "```py\n    f()",
    'def f():\n    """A.\n\n    ├```py┤',
  ],
  ["a fence in a comment without stars", "/*\nA.\n║", "```js\nf();", "/*\nA.\n├```js┤"],
  ["a fence in a docstring", "f:\n  ║", '"""A\n  ```py\n  f()', 'f:\n  ├"""A\n  ```py\n  f()┤'],
  ["a fence in a comment", " * ║", "```js", " * ├```js┤"],
  ["operators", "x ║", "= list <|map|> y >>FILE<< z", "x ├= list <|map|> y >>FILE<< z┤"],
  ["an index in capitals", "a║", "[INST] = 1", "a├[INST] = 1┤"],
  [
    "a name of a style",
    "║",
    ".sk-circle-container-fade-in-animation-wrapper {",
    "├.sk-circle-container-fade-in-animation-wrapper {┤",
  ],
  [
    "the beginning of every key",
    "if (║",
    's.startsWith("-----BEGIN PRIVATE KEY-----"))',
    'if (├s.startsWith("-----BEGIN PRIVATE KEY-----"))┤',
  ],
  ["a private key", 'k = "║', "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQ", undefined],
  ["a key with hyphens", 'k = "║', 'sk-proj-a1_b2-c3d4e5f6g7h8i9j0k1l2m3n4"', undefined],
  ["a key without hyphens", 'k = "║', 'sk-a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"', undefined],
  ["a key", 'token = "║', `ghp_${"a1".repeat(18)}"`, undefined],
  ["a key that is begun", 'token = "AKIA║', 'IOSFODNN7EXAMPLE"', undefined],
  ["no key", 'token = "║', 'process.env.TOKEN"', 'token = "├process.env.TOKEN"┤'],
  ["a line twice", "f:\n  ║", "a\n  a\n  b", "f:\n  ├a\n  a\n  b┤"],
];

for (const [name, document, written, accepted] of cases) {
  test(name, () => {
    assert.equal(accept(document, written), accepted);
  });
}

for (const languageId of ["markdown", "typst", "julia", "asciidoc", "restructuredtext", "plaintext", "git-commit"]) {
  test(`a document of the language ${languageId} gets its first fence`, () => {
    assert.equal(refine("```sh\n", { ...requestAt("Install:\n\n║"), languageId }, false)?.text, "```sh");
  });
}

test("where a window begins in a docstring, the quotes that end it open none", () => {
  const textAt = (picture: string, written: string) =>
    refine(written, { ...requestAt(picture), languageId: "python", firstLine: 900 }, false)?.text;
  assert.equal(textAt('  far above.\n  """\n  return 1\n\ndef g():\n  ║', "return 2\n```\nIt is 2."), "return 2");
  const begun = '  far above.\n  """\n\ndef g():\n  """A.\n\n  ║';
  assert.equal(textAt(begun, "```py\n  g()"), "```py");
  assert.equal(textAt(`${begun}g()\n  """\n  ║`.replace("║", ""), "return 2\n```"), "return 2");
  assert.equal(textAt("  far above.\n * ║", "```js"), "```js");
  assert.equal(textAt("  far above. */\n/* A.\n║", "```js\ng();"), "```js");
});

test("of several lines the one that the token limit cut is dropped", () => {
  assert.equal(refine("a();\n  b", requestAt("f {\n  ║"), true)?.text, "a();");
  assert.equal(refine("a + ", requestAt("let x = ║"), true)?.text, "a +");
});

test("never adds text: what is shown was written, in its order", () => {
  const piece = fc.constantFrom("a", "b", " ", "  ", "\n", "(", ")", "{", "}", '"', ";", "é", "🦅");
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(text, text, text, fc.boolean(), (before, after, written, reachedLimit) => {
      const refined = refine(written, requestAt(`${before}║${after}`), reachedLimit);
      assert.ok(written.includes(refined?.text ?? ""));
      assert.notEqual(refined?.text, "");
      assert.ok((refined?.replacedLength ?? 0) <= (after.split("\n", 1)[0] ?? "").length);
    }),
  );
});

function accept(document: string, written: string): string | undefined {
  const request = { ...requestAt(document), languageId: "python" };
  const refined = refine(written, request, false);
  return refined && `${request.prefix}├${refined.text}┤${request.suffix.slice(refined.replacedLength)}`;
}
