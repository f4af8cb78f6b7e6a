import assert from "node:assert/strict";
import test from "node:test";

import { CutDocument } from "../../../../server/edit/prose/cutDocument.ts";
import { proseOf } from "../../../../server/edit/prose/languages.ts";
import fc from "../../../support/fastCheck.ts";
import { proseLanguages } from "../../../support/proseDocuments.ts";

const piece = fc.constantFrom(
  ..."word a 1. - * > # ``` ~~~ $$ | |---| --- === ==== :: .. <!-- --> <div> // /* */ # % \\item \\[ \\begin{verbatim} \\end{verbatim} @param".split(
    " ",
  ),
);
const space = fc.constantFrom(" ", " ", "\n", "\n", "\n\n", "\n  ", "\n    ", "\r\n", "\n// ", "\n * ", "\n> ");
const anyText = fc.array(fc.tuple(piece, space), { maxLength: 40 }).map((all) => all.flat().join(""));
const anyLanguage = fc.constantFrom(...proseLanguages);

void test("words leave the paragraphs of a document exactly where they do when all of it is read again", () => {
  let kept = 0;
  fc.assert(
    fc.property(anyLanguage, anyText, anyText, fc.nat(), (languageId, text, words, which) => {
      const { createCutter } = proseOf(languageId);
      const document = new CutDocument(text, createCutter);
      const paragraph = document.paragraphs[which % Math.max(1, document.paragraphs.length)];
      const [first, last] = [paragraph?.lines[0], paragraph?.lines.at(-1)];
      if (!paragraph || !first || !last || paragraph.rules) return;
      const replacement = { start: first.start, end: last.end, text: words.trim() };
      if (!document.keepsParagraphs(replacement)) return;
      kept++;
      const added = replacement.text.length - (last.end - first.start);
      const after = new CutDocument(text.slice(0, first.start) + replacement.text + text.slice(last.end), createCutter);
      assert.deepEqual(
        after.paragraphs.map(({ kind, lines }) => [kind, lines[0]?.start, lines.at(-1)?.end]),
        document.paragraphs.map(({ kind, lines }) => {
          const [start, end] = [lines[0]?.start ?? 0, lines.at(-1)?.end ?? 0];
          return [kind, start > first.start ? start + added : start, end >= last.end ? end + added : end];
        }),
      );
    }),
  );
  assert.ok(kept > 0);
});

void test("words that open a block or close one are seen, whatever list or comment the paragraph stands in", () => {
  const list = "- one\n\n  - two\n\n    three words\n\n    four\n";
  const comment = "/**\n * one\n *\n * two\n */\nrun();\n";
  for (const [languageId, text, words, isKept] of [
    ["markdown", list, "three other words", true],
    ["markdown", list, "```", false],
    ["markdown", list, "three\n\nwords", false],
    ["typescript", comment, "other", true],
    ["typescript", comment, "other */", false],
  ] as const) {
    const document = new CutDocument(text, proseOf(languageId).createCutter);
    const paragraph = document.paragraphs.at(languageId === "markdown" ? 2 : 1);
    const { start, end } = paragraph?.lines[0] ?? { start: 0, end: 0 };
    assert.equal(document.keepsParagraphs({ start, end, text: words }), isKept, words);
  }
});
