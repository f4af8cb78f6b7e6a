// Whatever a file, a model or a server writes reads as text in VS Code's surfaces.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { plainName, plainText } from "../../../src/shared/plainText.ts";

/** How VS Code finds links in a notification and in a description: src/vs/base/common/linkedText.ts. */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
/** How VS Code finds icons in a label: src/vs/base/common/iconLabels.ts. */
const icon = /\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/;
const invisible = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
const loneSurrogate = /\p{Cs}/u;

/** Text in which what is hostile is frequent, in any order and in pieces. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...Array.from(
          "[]()$\\~ \0\n\r\t\u001b\u0085\u061c\u200e\u200f\u202a\u202e\u2028\u2029\u2066\u2069\ud83d\ude00",
        ),
      ),
      fc.constantFrom("[a](command:b)", "](", "command:x", "https://x", "$(error)", "$(sync~spin)", "😀", "é", "مرحبا"),
      fc.string({ unit: "binary" }),
    ),
  )
  .map((parts) => parts.join(""));

suite("plainText", () => {
  const cases: readonly [name: string, text: string, shown: string][] = [
    ["a sentence", "Falcon3 7B (base) [v1.2] costs $5.", "Falcon3 7B (base) [v1.2] costs $5."],
    ["letters of any script", "صقر 隼 сокол 👩‍🚀", "صقر 隼 сокол 👩‍🚀"],
    ["a link to a command", "[install](command:quit)", "[install]\u2060(command:quit)"],
    ["a link put together by what is removed", "[a]\u202e(command:quit)", "[a]\u2060(command:quit)"],
    ["an icon", "$(error) Falcon", "$\u2060(error) Falcon"],
    ["an icon put together by what is removed", "$\u200f(error)", "$\u2060(error)"],
    ["lines, tabs and controls", " a\r\n\tb\0\u001b[31mc\u2028d ", "a b [31mc d"],
    ["a turned direction", "gnp.\u202egguf", "gnp.gguf"],
    ["half a character", "a\ud83d b", "a\ufffd b"],
    ["nothing", "\u202e\0", ""],
  ];
  for (const [name, text, shown] of cases) test(name, () => assert.equal(plainText(text), shown));

  test("has no link, no icon, no control or direction character, and no half of a character", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (text, limit) => {
        const shown = plainText(text, limit);
        for (const pattern of [link, icon, invisible, loneSurrogate]) assert.doesNotMatch(shown, pattern);
        assert.ok(shown.length <= limit);
      }),
      { numRuns: 2000 },
    );
  });

  test("says that it was cut, and leaves what is plain as it is", () => {
    assert.equal(plainText("abcdef", 4), "abc…");
    assert.equal(plainText("ab😀def", 4), "ab…");
    assert.equal(plainName("n".repeat(101)), `${"n".repeat(99)}…`);
    fc.assert(fc.property(hostile, (text) => assert.equal(plainText(plainText(text)), plainText(text))));
  });

  test("bounds a text of ten million characters", () => {
    for (const piece of [" ", "[", "](", "$(", "\u202e", "\0", "\ud83d"]) {
      assert.ok(plainText(piece.repeat(10_000_000)).length <= 500);
    }
  });
});
