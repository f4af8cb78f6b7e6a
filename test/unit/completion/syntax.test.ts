import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { refine } from "../../../server/completion/refine/refine.ts";
import { cutAtFault } from "../../../server/completion/syntax/cutAtFault.ts";
import { grammarOf, Grammars } from "../../../server/syntax/grammars.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const packaged = path.join(import.meta.dirname, "../../../node_modules/@vscode/tree-sitter-wasm/wasm");
const grammars = new Grammars(packaged);
const broken = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-grammars-"));
after(() => fs.rmSync(broken, { recursive: true }));

/** Nothing here depends on how fast the machine is. */
const noLimit = Infinity;

/** The language, the document, what the model wrote, and what is left of it. */
const cases: readonly [name: string, language: string, document: string, written: string, left: string][] = [
  ["a whole block", "typescript", "f(() => {\n  ║\n});", "if (a) {\n    b();\n  }", "if (a) {\n    b();\n  }"],
  ["a block that was cut", "javascript", "function f() {\n  ║\n}", "a();\n  if (b) {\n    c();", "a();"],
  ["a line that is none", "python", "def f(a):\n    ║\n", "b = a\n    c = (d", "b = a"],
  ["a bracket that nothing opened", "java", "class A { void f() {\n  ║\n} }", "a();\n  b());", "a();"],
  ["a string without end", "go", "func f() {\n\t║\n}", 'a()\n\tb("c)', "a()"],
  ["lines of which each is wrong", "rust", "fn f() {\n    ║\n}", "let = ;\n    let = ;", "let = ;"],
  ["a rule", "css", "a {\n  ║\n}", "b: c;\n  d: e {", "b: c;"],
  ["a single line that is wrong", "typescript", "f(() => {\n  ║\n});", "if (", "if ("],
  ["a document that is wrong before", "javascript", "let = ;\nf(() => {\n  ║\n});", "a();\n  b();", "a();\n  b();"],
  ["a fault that the text mends", "php", "<?php\nfunction f() {\n  ║\n", "a();\n  b();\n}", "a();\n  b();\n}"],
  ["markup in a script", "typescriptreact", "const a = (\n  ║\n);", "<b>\n    {c}\n  </b>", "<b>\n    {c}\n  </b>"],
  ["a heading of nothing", "shellscript", "f() {\n  ║\n}", "a\n  if b; then", "a"],
  ["wide characters", "python", "a = '🦅é'\ndef f():\n    ║\n", "b = '🦅'\n    c = (", "b = '🦅'"],
];

for (const [name, language, document, written, left] of cases) {
  test(name, async () => {
    const parser = await grammars.parserOf(language);
    assert.ok(parser);
    assert.equal(cutAtFault(written, requestAt(document), parser, noLimit), left);
  });
}

test("a text stays as it is when the time is up", async () => {
  const parser = await grammars.parserOf("javascript");
  assert.ok(parser);
  const request = requestAt(`${"a();\n".repeat(1000)}function f() {\n  ║\n}`);
  assert.equal(cutAtFault("b();\n  c(", request, parser, -1), "b();\n  c(");
  assert.equal(cutAtFault("b();\n  c(", request, parser, noLimit), "b();", "the parser is of use after that");
});

test("what is shown ends before the fault", async () => {
  const request = requestAt("function f() {\n  ║\n}");
  const written = "a();\n  if (b) {\n    c();";
  assert.equal(refine(written, request, false)?.text, written);
  const parser = await grammars.parserOf("javascript");
  assert.ok(parser);
  assert.equal(refine(written, request, false, (text) => cutAtFault(text, request, parser, noLimit))?.text, "a();");
});

test("every grammar loads", async () => {
  for (const language of Object.keys(grammarOf)) assert.ok(await grammars.parserOf(language), language);
});

test("a language that nobody knows has no grammar", async () => {
  for (const language of ["falconese", "", "constructor", "__proto__"])
    assert.equal(await grammars.parserOf(language), undefined);
});

test("a grammar that does not load leaves the others alone, and so does a runtime that does not", async () => {
  fs.copyFileSync(path.join(packaged, "tree-sitter.wasm"), path.join(broken, "tree-sitter.wasm"));
  fs.copyFileSync(path.join(packaged, "tree-sitter-css.wasm"), path.join(broken, "tree-sitter-css.wasm"));
  fs.writeFileSync(path.join(broken, "tree-sitter-go.wasm"), "no WebAssembly");
  const some = new Grammars(broken);
  assert.equal(await some.parserOf("go"), undefined);
  assert.equal(await some.parserOf("python"), undefined);
  assert.ok(await some.parserOf("css"));
});

test("of a document of megabytes the text around the cursor is parsed", async () => {
  const parser = await grammars.parserOf("javascript");
  assert.ok(parser);
  const lengths: number[] = [];
  const counting = new Proxy(parser, {
    get: (target, key) =>
      key === "parse"
        ? (text: string, ...rest: [null, object]) => {
            lengths.push(text.length);
            return target.parse(text, ...rest);
          }
        : (Reflect.get(target, key, target) as unknown),
  });
  const many = "a();\n".repeat(400_000);
  const request = requestAt(`${many}function f() {\n  ║\n}\n${many}`);
  assert.equal(cutAtFault("b();\n  c(", request, counting, noLimit), "b();");
  assert.ok(lengths.length > 0 && Math.max(...lengths) < 11_000, lengths.join());
});

test("the document's language decides what reads a completion", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("{\n  a();\n}\n");
    return "end";
  });
  const asked: string[] = [];
  const parserOf = (language: string) => {
    asked.push(language);
    return grammars.parserOf(language);
  };
  const completer = new InlineCompleter({ model }, undefined, undefined, { parserOf });
  const request = { ...requestAt("if (b) ║\n"), languageId: "javascript" };
  const settings = { debounce: 0, maxTokens: 32 };
  const completion = await completer.complete(request, settings, new AbortController().signal);
  assert.equal(completion?.text, "{\n  a();\n}");
  assert.deepEqual(asked, ["javascript"]);
});

test("where a grammar fails, the text is left as it is", async () => {
  // A deleted parser fails as one does whose WebAssembly has trapped.
  const parser = (await new Grammars(packaged).parserOf("python")) ?? assert.fail();
  const written = "b = a\n    c = (d";
  const request = requestAt("def f(a):\n    ║\n");
  assert.notEqual(cutAtFault(written, request, parser, noLimit), written);
  parser.delete();
  assert.equal(cutAtFault(written, request, parser, noLimit), written);
});
