// What looks like a comment in a string of code is none; the comments around it, and what documents code, are.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { maskStrings } from "../../../../server/edit/prose/maskStrings.ts";
import { grammarOf, Grammars } from "../../../../server/syntax/grammars.ts";
import fc from "../../../support/fastCheck.ts";
import { rewrite, shift } from "../../../support/proseDocuments.ts";

const grammars = new Grammars(path.join(import.meta.dirname, "../../../../node_modules/@vscode/tree-sitter-wasm/wasm"));

/** Nothing here depends on how fast the machine is. */
const noLimit = Infinity;

async function mask(languageId: string, text: string): Promise<string> {
  const parser = (await grammars.parserOf(languageId)) ?? assert.fail(languageId);
  return maskStrings(text, parser, noLimit);
}

/** Code with `real` in each comment, and `fake` where a line of a string looks like one. */
const documents: Readonly<Record<string, string>> = {
  javascript: "// real one\nconst a = `\n// fake one ${b /* c */}\n  /* fake two */`;\n// real two\n",
  javascriptreact: "// real one\nconst a = (\n  <b>\n    // fake one\n  </b>\n);\n// real two\n",
  typescript: "// real one\nconst a: string = `\n// fake one\n`;\nf(`x`); // no line of its own\n// real two\n",
  typescriptreact: "// real one\nconst a = (\n  <b>\n    // fake one\n  </b>\n);\n// real two\n",
  python:
    'class A:\n    """real one\n\n    real two\n    """\n\n# real three\nx = """\n# fake one\n"""\nrun(\n    """fake two\n# fake three\n""")\n',
  shellscript: "# real one\ncat <<END\n# fake one\nEND\necho '\n# fake two\n'\n# real two\n",
  go: "// real one\nvar a = `\n// fake one\n`\n\n// real two\n",
  rust: '// real one\nlet a = "\n// fake one\n";\nlet b = r#"\n// fake two\n"#;\n// real two\n',
  java: 'class A {\n  // real one\n  String a = """\n      // fake one\n      """;\n  // real two\n}\n',
  php: "<?php\n// real one\n$a = <<<END\n// fake one\nEND;\n$b = <<<'END'\n// fake two\nEND;\n// real two\n",
  css: '/* real one */\na::before {\n  content: "\\\n/* fake one */";\n}\n/* real two */\n',
};

test("there is a document of each language that has a grammar", () => {
  assert.deepEqual(Object.keys(documents).sort(), Object.keys(grammarOf).sort());
});

for (const [languageId, text] of Object.entries(documents)) {
  for (const [ends, document] of [
    ["LF", text],
    ["CRLF", text.replaceAll("\n", "\r\n")],
  ] as const) {
    test(`${languageId} with ${ends}: comments are rewritten, and no string`, async () => {
      const masked = await mask(languageId, document);
      assert.equal(masked.length, document.length);
      const { result, shown } = await rewrite([languageId, document], shift, { masked });
      assert.ok(shown.length >= 2);
      assert.equal(result, document.replaceAll(/real \w+/g, shift));
    });
  }
}

test("a text stays as it is where the time is up, and the parser is of use after that", async () => {
  const parser = (await grammars.parserOf("javascript")) ?? assert.fail();
  const text = `${"f();\n".repeat(2_000)}a = \`\n// b\n\`;\n`;
  assert.equal(maskStrings(text, parser, -1), text);
  assert.notEqual(maskStrings(text, parser, noLimit), text);
});

test("whatever the code is, the masked text has its length and its lines", async () => {
  const pieces = fc.constantFrom(
    ...'` \' " """ ${ } // # /* */ <<END END \\ \n \r\n a 🦅 ( ) <b> </b>'.split(" "),
    "\n",
    "\r\n",
  );
  const languages = fc.constantFrom(...Object.keys(grammarOf));
  await fc.assert(
    fc.asyncProperty(languages, fc.array(pieces, { maxLength: 30 }), async (languageId, all) => {
      const text = all.join("");
      const masked = await mask(languageId, text);
      assert.equal(masked.length, text.length);
      assert.equal(masked.replaceAll(/[^\r\n]/g, "."), text.replaceAll(/[^\r\n]/g, "."));
    }),
  );
});
