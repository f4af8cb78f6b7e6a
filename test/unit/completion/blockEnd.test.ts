import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { followBlock } from "../../../server/completion/blockEnd.ts";
import { requestAt } from "../../support/cursor.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

/** The document, what the model writes at its cursor, and what of it is the completion: all where nothing ends it. */
const cases: readonly [name: string, document: string, written: string, completion: string][] = [
  ["the rest of the line before text", "f(║) + 1", "a, b\nmore", "a, b"],
  ["a statement", "let x = ║", "1;\nlet y = 2;\n", "1;"],
  ["a statement, in a block", "  let x = ║", "1;\n  let y = 2;\n", "1;"],
  ["a statement that ends a block", "  return ║", "1;\n}\nnext();\n", "1;"],
  ["a block with its closing line", "if (x) ║", "{\n  a();\n  b();\n}\nc();\n", "{\n  a();\n  b();\n}"],
  ["a block with an else", "if (x) ║", "{\n  a();\n} else {\n  b();\n}\nc();\n", "{\n  a();\n} else {\n  b();\n}"],
  ["a block told by indentation", "def f():║", "\n    a()\n    return b\n\ndef g():\n", "\n    a()\n    return b"],
  ["an empty line in a block", "def f():║", "\n    a()\n\n    return b\nx = 1\n", "\n    a()\n\n    return b"],
  ["a Ruby block", "def f║", "\n  a\nend\nb\n", "\n  a\nend"],
  ["a closing word of which a part is there", "def f║", "\n  a\ne", "\n  a\ne"],
  ["a word that begins as a closing one", "def f║", "\n  a\nendless = 1\n", "\n  a"],
  ["tabs", "if x ║", "{\n\ta()\n}\nb()\n", "{\n\ta()\n}"],
  ["several statements in an empty block", "f {\n  ║\n}", "a();\n  b();\n}\n", "a();\n  b();"],
  ["statements up to an empty line", "f {\n  ║\n}", "a();\n  b();\n\n  c();\n", "a();\n  b();"],
  ["an empty block at the end of the document", "def f():\n    ║", "a()\n    b()\n\n    c()\n", "a()\n    b()"],
  ["a statement after another", "f {\n  a();\n  ║\n}", "b();\n  c();\n}\n", "b();"],
  ["a statement before another", "f {\n  ║\n\n  d();\n}", "b();\n  c();\n\n", "b();"],
  ["a statement outside of a block", "a();\n║", "b();\nc();\n\n", "b();"],
  [
    "a statement with its block after another",
    "  a();\n  ║",
    "if (x) {\n    b();\n  }\n  c();",
    "if (x) {\n    b();\n  }",
  ],
  ["a block on an empty line", "  ║", "for (;;) {\n    a();\n  }\n  b();\n", "for (;;) {\n    a();\n  }"],
  ["an object", "const o = ║", "{\n  a: 1,\n};\nrest\n", "{\n  a: 1,\n};"],
  ["the head of a block that is there", "if (x║\n  a();\n}", ") {\n  b();\n}\n", ") {"],
  ["nothing but a block in place of the one that is there", "def f():║\n\n    return a", "\n    return b\n", ""],
  ["a line above the next one of its block", "  a(║\n  b();", ");\n  c();\n", ");"],
  ["the head of a block above another", "  if (x║\n}", ") {\n    b();\n  }\n", ") {\n    b();\n  }"],
  ["a line that may go on", "let x = ║", "1 +", "1 +"],
  ["a block that may go on", "if (x) ║", "{\n  a();\n", "{\n  a();\n"],
  ["a line of which only the indentation is there", "let x = ║", "1;\n  ", "1;\n  "],
  ["a closing line that may go on", "if (x) ║", "{\n  a();\n}", "{\n  a();\n}"],
];

for (const [name, document, written, completion] of cases) {
  test(name, () => {
    assert.equal(written.slice(0, endAt(document, written)), completion);
  });
}

test("once the end is known, more text does not change it", () => {
  const line = fc.constantFrom(
    "",
    "a",
    "  b",
    "    c",
    "}",
    "  }",
    "  } else {",
    "{",
    "\td",
    "end",
    "endless",
    "done",
    "</b>",
    "  esac",
    "<b>",
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom("if ║", "  ║", "║", "x ║ y"), (lines, document) => {
      const text = lines.join("\n");
      let known: number | undefined;
      const endOf = followBlock(requestAt(document));
      for (let length = 0; length <= text.length; length++) {
        const end = endAt(document, text.slice(0, length));
        if (known !== undefined) assert.equal(end, known);
        else assert.equal(endOf(text.slice(0, length)), end, "a text that grows ends where the whole of it does");
        known = end;
      }
    }),
  );
});

test("a text that grows is read once, whatever it consists of", () => {
  for (const piece of [...repetitions, "  a {\n", "  } else {\n", "  \t"]) {
    for (const document of ["  if ║", "║"]) {
      assertGrowsWithLength(`${document} ${JSON.stringify(piece)}`, (length) => {
        const endOf = followBlock(requestAt(document));
        const text = repeated(piece, length);
        for (let end = 1; end <= text.length; end += 4) endOf(text.slice(0, end));
      });
    }
  }
});

function endAt(document: string, written: string): number | undefined {
  return followBlock(requestAt(document))(written);
}
