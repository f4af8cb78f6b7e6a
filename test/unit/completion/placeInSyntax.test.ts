import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { Grammars } from "../../../server/syntax/grammars.ts";
import { type PlaceInSyntax, placeInSyntax } from "../../../server/completion/syntax/placeInSyntax.ts";
import type { ServerSettings } from "../../../src/shared/serverSettings.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const grammars = new Grammars(path.join(import.meta.dirname, "../../../node_modules/@vscode/tree-sitter-wasm/wasm"));

const places: Readonly<Record<PlaceInSyntax | "code", Readonly<Record<string, readonly string[]>>>> = {
  comment: {
    typescript: ["f(); // a ║", "f(); // a║\ng();", "/* a ║\n * b */", "/**\n * ║\n */\nfunction f() {}"],
    python: ["# a ║", "a()  # ║\nb()"],
    go: ["// a║"],
    rust: ["// a ║", "/// a ║\nfn f() {}"],
    java: ["class A { // b║\n}", "class A { /* b ║ */ }"],
    php: ["<?php\n// a ║", "<?php\n# ║"],
    css: ["/* a ║ */"],
    shellscript: ["# a ║"],
  },
  string: {
    javascript: ['f("a║");', "f('║')", 'f("a║\ng();', "f(`a ║ b`)", 'import a from "║";'],
    typescriptreact: ['const a = <b c="║">d</b>;'],
    python: ["a = 'b║'", 'def f():\n    """A ║\n    b"""', "f'a {b} c║'"],
    go: ['package a\nvar b = "c║"', "package a\nvar b = `c║`"],
    rust: ['fn f() { g("a║"); }', 'fn f() { g(r#"a║"#); }'],
    java: ['class A { String b = "c║"; }'],
    php: ["<?php\n$a = 'b║';", '<?php\n$a = "b║";', "<?php\n$a = <<<EOT\nb ║\nEOT;"],
    css: ['a { content: "║"; }'],
    shellscript: ['a "b║"', "a 'b║'", "cat <<EOF\na ║\nEOF"],
  },
  code: {
    typescript: ["/* a */ ║", 'f("a"║);', "f(`a ${b║} c`)", "let a: string║", "let a: ║string", "║"],
    typescriptreact: ["const a = <b>c║</b>;"],
    python: ["f'a {b║} c'", "f(║)"],
    go: ["package a\nfunc f() {\n\tvar b = ║\n}"],
    rust: ["fn f<'a║>() {}", "fn f() { ║ }"],
    java: ["class A { String║ b; }"],
    php: ['<?php\n$a = "b {$c║} d";', "<?php\n$a = ║;"],
    css: ["a { color: ║; }"],
    shellscript: ['a "b $(c ║) d"', "a ║"],
  },
};

for (const [place, documents] of Object.entries(places)) {
  for (const [language, pictures] of Object.entries(documents)) {
    test(`${place} in ${language}`, async () => {
      const parser = await grammars.parserOf(language);
      assert.ok(parser);
      for (const picture of pictures)
        assert.equal(placeInSyntax(requestAt(picture), parser, Infinity) ?? "code", place, picture);
    });
  }
}

test("what takes too long, or a grammar that fails, says code", async () => {
  const parser = await grammars.parserOf("javascript");
  assert.ok(parser);
  const request = requestAt(`${"a();\n".repeat(2000)}// ║`);
  assert.equal(placeInSyntax(request, parser, -1), undefined);
  assert.equal(placeInSyntax(requestAt('f("║")'), parser, Infinity), "string", "the parser is of use after that");
  const failing = Object.create(parser) as typeof parser;
  failing.parse = () => {
    throw new Error("memory access out of bounds");
  };
  assert.equal(placeInSyntax(request, failing), undefined);
});

test("nothing comes by itself where the settings say so of the language, and everything on command", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("b");
    return "end";
  });
  const isShown = async (
    picture: string,
    languageId: string,
    off: Pick<ServerSettings["inlineCompletion"], "comments" | "strings">,
    automatic = true,
  ) => {
    const completer = new InlineCompleter({ model }, undefined, undefined, grammars);
    const settings = { debounce: 0, maxTokens: 32, suggestions: "eager", ...off } as const;
    const request = { ...requestAt(picture, { automatic }), languageId };
    return (await completer.complete(request, settings, new AbortController().signal)) !== undefined;
  };
  const comment = "// a ║";
  assert.equal(await isShown(comment, "javascript", { comments: { "*": false } }), false);
  assert.equal(await isShown(comment, "javascript", { comments: { "*": false, javascript: true } }), true);
  assert.equal(await isShown(comment, "javascript", { comments: { "*": true, javascript: false } }), false);
  assert.equal(await isShown(comment, "javascript", { strings: { "*": false } }), true);
  assert.equal(await isShown('f("║");', "javascript", { strings: { "*": false } }), false);
  assert.equal(await isShown("f(║);", "javascript", { comments: { "*": false }, strings: { "*": false } }), true);
  assert.equal(await isShown(comment, "javascript", { comments: { "*": false } }, false), true);
  assert.equal(await isShown(comment, "markdown", { comments: { "*": false } }), true, "no grammar says what it is");
});
